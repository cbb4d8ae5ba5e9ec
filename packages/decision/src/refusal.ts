// SPDX-License-Identifier: MIT
// Questions that have no answer, told so that the next one has.
import { type Fault, parseNetwork, suggest } from '@nftoggle/config';
import type { Refusal } from '@nftoggle/contracts';
import type { CompiledPolicy } from './compile.ts';

/** Names that a message lists before the rest becomes "…". */
const listedNames = 20;

/** Names by what they are names of. */
type Kinds = Readonly<Partial<Record<'service' | 'device' | 'person' | 'group', Iterable<string>>>>;

export function unknownService(policy: CompiledPolicy, name: string): Refusal {
  const message = `There is no service ${JSON.stringify(name)}. ${hint(name, { service: policy.services.keys() })}`;
  return { error: 'unknown_service', message };
}

/** For questions about one address, device or person. */
export function unknownSource(policy: CompiledPolicy, text: string): Refusal {
  return { error: 'unknown_source', message: sourceMessage(policy, text) };
}

function sourceMessage(policy: CompiledPolicy, text: string): string {
  if (policy.groups.has(text)) return `"${text}" is a group. Ask about an address or a device of it.`;
  if (parseNetwork(text) !== null) return `${text} is a network. Ask about one address of it.`;
  const known = { device: policy.devices.keys(), person: policy.people.keys() };
  return `${JSON.stringify(text)} is neither an address nor a device or person. ${hint(text, known)}`;
}

/** For schedules. */
export function unknownSubject(policy: CompiledPolicy, name: string): Refusal {
  const known = {
    person: policy.people.keys(),
    device: policy.devices.keys(),
    service: policy.services.keys(),
  };
  const message = `${JSON.stringify(name)} is no person, device or service. ${hint(name, known)}`;
  return { error: 'unknown_name', message };
}

/** Why `accountsOf` found nothing: there is nobody of that name, or nothing limits them. */
export function noAccounts(policy: CompiledPolicy, who: string): Refusal {
  const { people, devices, groups, accounts } = policy;
  if (people.has(who) || devices.has(who) || groups.has(who) || policy.matcherOf(who) !== null) {
    return {
      error: 'no_allowance',
      message: `Nothing limits ${JSON.stringify(who)} ${ownersHint(policy, who)}`,
    };
  }
  const known = { person: people.keys(), device: devices.keys(), group: groups.keys() };
  const near = suggest(
    who,
    [...accounts.values()].map((account) => account.who),
  );
  const remedy = near === null ? hint(who, known) : `Did you mean "${near}"?`;
  return { error: 'unknown_name', message: `${JSON.stringify(who)} is not known. ${remedy}` };
}

/** A device may be limited by the allowance of those whose it is. */
function ownersHint({ people }: CompiledPolicy, device: string): string {
  const limited = [...people.values()].filter(
    ({ budget, devices }) => budget !== null && devices.includes(device),
  );
  if (limited.length === 0) return 'to an allowance.';
  const names = limited.map(({ name }) => `"${name}"`).join(' and ');
  return `to an allowance of its own. It counts toward that of ${names}: ask about ${names}.`;
}

export function wrongTime({ message, remedy }: Fault): Refusal {
  return { error: 'wrong_time', message: `${message} ${remedy}` };
}

function hint(name: string, kinds: Kinds): string {
  const lists = Object.entries(kinds).map(([kind, names]) => ({ kind, names: [...names] }));
  const near = suggest(
    name,
    lists.flatMap(({ names }) => names),
  );
  const kindOfNear = lists.find(({ names }) => near !== null && names.includes(near))?.kind;
  if (near !== null) return `Did you mean the ${kindOfNear} "${near}"?`;
  const some = lists.filter(({ names }) => names.length > 0);
  if (some.length > 0) return some.map(({ kind, names }) => listing(plural(kind), names)).join(' ');
  return `The configuration has no ${lists.map(({ kind }) => plural(kind)).join(' and no ')}.`;
}

function listing(kinds: string, names: readonly string[]): string {
  const more = names.length > listedNames ? ', …' : '';
  return `The ${kinds} are: ${names.slice(0, listedNames).join(', ')}${more}.`;
}

function plural(kind: string): string {
  return kind === 'person' ? 'people' : `${kind}s`;
}
