// SPDX-License-Identifier: MIT
// Which events a hook is for. A filter that asks for what an event does not tell does not pass.
import { type Config, contains, type Hook, type Source } from '@nftoggle/config';
import type { CloudEvent } from '@nftoggle/contracts';
import { factsOf, type Party } from './event-facts.ts';

/** A hook never hears of its own failures: it would be told of them by the very way that does not work. */
export function isFor(hook: Hook, event: CloudEvent, config: Config): boolean {
  if (!hook.on.includes(event.type) || isAboutItself(hook, event)) return false;
  const { services, parties } = factsOf(event, config);
  const subjects = event.subject === undefined ? services : [...services, event.subject];
  return (
    passes(hook.services, (wanted) => subjects.some((service) => wanted.includes(service))) &&
    passes(hook.people, (wanted) =>
      parties.some((party) => wanted.some((name) => isOf(party, name, config))),
    ) &&
    passes(hook.sources, (wanted) => parties.some((party) => isAmong(party, wanted, config)))
  );
}

function isAboutItself(hook: Hook, event: CloudEvent): boolean {
  return event.type === 'hook_failed' && (event as CloudEvent<'hook_failed'>).data.hook === hook.name;
}

function passes<T>(filter: T | null, test: (filter: T) => boolean): boolean {
  return filter === null || test(filter);
}

function isAmong(party: Party, sources: readonly Source[], config: Config): boolean {
  return withoutGroups(sources, config).some((source) => matches(party, source, config));
}

function matches(party: Party, source: Source, config: Config): boolean {
  if (isSame(party.named, source)) return true;
  switch (source.kind) {
    case 'any':
      return true;
    case 'network':
      return party.address !== null && contains(source.network, party.address);
    case 'lan':
      return party.address !== null && !party.outside && isWithin(party, config);
    case 'device':
      return isDevice(party, source.device, config);
    case 'person':
      return isOf(party, source.person, config);
    case 'country':
      return party.country === source.country;
    // A group was opened before; the configuration refuses the others, which no event tells.
    case 'group':
    case 'name':
    case 'asn':
      return false;
  }
}

/** A grant for a group or for `lan` names just that. */
function isSame(named: Source | null, source: Source): boolean {
  if (named === null) return false;
  if (named.kind === 'group') return source.kind === 'group' && named.group === source.group;
  return named.kind === 'lan' && source.kind === 'lan';
}

function isWithin({ address }: Party, { lan }: Config): boolean {
  return address !== null && lan.some((network) => contains(network, address));
}

function isOf(party: Party, person: string, config: Config): boolean {
  const devices = config.people.get(person)?.devices ?? [];
  return party.person === person || devices.some((device) => isDevice(party, device, config));
}

/** By its name where somebody knew it, or by its hardware address or one of its addresses. */
function isDevice(party: Party, name: string, config: Config): boolean {
  if (party.device === name) return true;
  const device = config.devices.get(name);
  const { address, mac, outside } = party;
  if (device === undefined || outside) return false;
  if (mac !== null && device.macs.includes(mac)) return true;
  return address !== null && device.addresses.some((network) => contains(network, address));
}

/** Groups stay beside their members, since a grant may be for the group itself. Each is opened once. */
function withoutGroups(sources: readonly Source[], config: Config): readonly Source[] {
  const flat: Source[] = [];
  const opened = new Set<string>();
  const waiting = [...sources];
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    flat.push(source);
    if (source.kind !== 'group' || opened.has(source.group)) continue;
    opened.add(source.group);
    waiting.push(...(config.groups.get(source.group) ?? []));
  }
  return flat;
}
