// SPDX-License-Identifier: MIT
// What somebody who issues a grant should know: what it changes, and what it cannot change.
import type { Id } from '@nftoggle/contracts';
import { AnyOf, type Asker, Sender } from './asker.ts';
import type { CompiledPolicy, CompiledRule, CompiledService } from './compile.ts';
import { type Case, type Failure, inForce, isInCountries } from './conditions.ts';
import type { Matcher } from './matcher.ts';
import { momentText } from './time-text.ts';
import { firstEntry, walkAllow } from './walk.ts';
import type { World } from './world.ts';

export interface GrantEffect {
  /** The allow rule that would refuse the source now but for the grant; null when none does. */
  readonly overrides: string | null;
  /** Why it would; null when none does. */
  readonly because: Failure | null;
  /** For people, such as a deny rule that stands all the same. */
  readonly notes: readonly string[];
}

/** `until`: the end of the grant, for what will stand in its way before; all that ever will without it. */
export function grantOverrides(
  policy: CompiledPolicy,
  world: World,
  serviceName: Id,
  sourceText: string,
  now: number,
  until = Number.POSITIVE_INFINITY,
): GrantEffect {
  const service = policy.services.get(serviceName);
  const matcher = policy.matcherOf(sourceText);
  if (service === undefined || matcher === null) return { overrides: null, because: null, notes: [] };
  const cases = askersOf(policy, world, matcher).map((asker) => ({
    policy,
    service,
    asker,
    world,
    periods: policy.periods,
  }));
  const answers = cases.map((kase) => walkAllow(kase, now));
  const overridden = answers.flatMap((answer) => (answer.kind === 'refused' ? (answer.nearest ?? []) : []));
  const anyway = answers.find((answer) => answer.kind === 'allowed');
  const notes = denyNotes(service, matcher, cases, now, until);
  if (anyway !== undefined && answers.every(({ kind }) => kind === 'allowed')) {
    notes.unshift(`${anyway.rule.path} lets it in now anyway.`);
  }
  const [first] = overridden;
  return { overrides: first?.rule.path ?? null, because: first?.failure ?? null, notes };
}

/** Somebody for each address and hardware address in the source; for the rest of it, whoever is of it. */
function askersOf(policy: CompiledPolicy, world: World, matcher: Matcher): readonly Asker[] {
  const senders = [
    ...matcher.single.map((address) => new Sender(policy, world, address, undefined)),
    ...[...matcher.macs].map((mac) => new Sender(policy, world, null, mac)),
  ];
  return matcher.isWide ? [...senders, new AnyOf(matcher)] : senders;
}

function denyNotes(
  service: CompiledService,
  matcher: Matcher,
  cases: readonly Case[],
  now: number,
  until: number,
): string[] {
  return service.deny.flatMap((rule) => {
    const refused = cases.filter((kase) => firstEntry(rule, kase) !== null && isInCountries(kase, rule));
    const [kase = cases[0]] = refused;
    const some = refused.length > 0 || (matcher.isWide && mayTouch(rule, matcher));
    if (kase === undefined || !some) return [];
    const from = refusesFrom(kase, rule, now);
    if (from >= until) return [];
    const what = refused.length === cases.length ? 'refuses it' : 'may refuse some of it';
    const when = from <= now ? '' : ` from ${momentText(kase.policy.timezone, from, now)} on`;
    return [`${rule.path} ${what}${when} all the same: a grant opens no deny rule.`];
  });
}

/** `now` where the deny rule is in force already; Infinity where it never will be. */
function refusesFrom(kase: Case, rule: CompiledRule, now: number): number {
  if (inForce(kase, { ...rule, countries: null, notCountries: null }, now)) return now;
  const next = rule.windows?.calendar.next(now)?.from ?? Number.POSITIVE_INFINITY;
  return next < rule.expires ? next : Number.POSITIVE_INFINITY;
}

/** Could somebody be of both, as far as can be seen without asking who? */
function mayTouch(rule: CompiledRule, source: Matcher): boolean {
  return rule.entries.some(
    ({ matcher }) =>
      matcher.any ||
      source.any ||
      matcher.addresses.overlaps(source.addresses) ||
      [...matcher.macs].some((mac) => source.macs.has(mac)),
  );
}
