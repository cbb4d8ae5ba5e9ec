// SPDX-License-Identifier: MIT
// When somebody who is refused would be let in. The same walk is made again at later instants: each time at the
// first at which what refuses now may be over, so that none is skipped at which access could begin.
import type { Grant } from '@nftoggle/contracts';
import type { Budget } from './account.ts';
import type { CompiledEntry, CompiledRule } from './compile.ts';
import { balancesOf, budgetsOf, type Case, failure, isInCountries, leftOf } from './conditions.ts';
import { type Allowed, firstEntry, type Granted, type Outcome, walk } from './walk.ts';

/** How far ahead is looked, in milliseconds, and at how many instants at most. */
const horizon = 400 * 86_400_000;
const mostInstants = 100;
/** Nearly always these are enough, and looking at them costs less than remembering. */
const fewInstants = 4;

export interface Opening {
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly outcome: Allowed | Granted;
}

/** `refused`: what the walk came to at `now`. Null when nothing can be foreseen that would let the asker in. */
export function nextAllowed(kase: Case, refused: Outcome, now: number): Opening | null {
  if (isForEver(kase, refused, now)) return null;
  const ahead = forAsker(kase);
  const near = firstOpening(ahead, refused, now, fewInstants);
  return near === undefined ? farOpening(ahead, refused, now) : near;
}

function farOpening(kase: Case, refused: Outcome, now: number): Opening | null {
  const { openings } = kase.service;
  const key = keyOf(kase);
  const facts = factsOf(kase);
  const known = openings.recall(key, facts, now);
  if (known !== undefined) return known;
  const opening = firstOpening(kase, refused, now, mostInstants) ?? null;
  openings.keep(key, facts, now, opening);
  return opening;
}

/** Undefined when so many instants were not enough to say. */
function firstOpening(
  kase: Case,
  refused: Outcome,
  now: number,
  instants: number,
): Opening | null | undefined {
  let outcome = refused;
  let at = now;
  for (let i = 0; i < instants; i++) {
    at = mayChange(kase, outcome, at);
    if (at > now + horizon) return null;
    outcome = walk(kase, at);
    if (outcome.kind === 'allowed' || outcome.kind === 'granted') return { at, outcome };
  }
  return undefined;
}

function isForEver(kase: Case, outcome: Outcome, at: number): boolean {
  return outcome.kind === 'denied' && endOfDenial(kase, outcome.rule, at) === Number.POSITIVE_INFINITY;
}

/**
 * Most rules are not for this asker at any time: they are not looked at again for each instant. Of the others
 * only the source is left that matches.
 */
export function forAsker(kase: Case): Case {
  const concerning = (rules: readonly CompiledRule[]) => rules.flatMap((rule) => ruleFor(kase, rule) ?? []);
  const { service, policy } = kase;
  const concerned = { ...service, deny: concerning(service.deny), allow: concerning(service.allow) };
  return { ...kase, periods: policy.ahead, service: concerned };
}

function ruleFor(kase: Case, rule: CompiledRule): CompiledRule | null {
  const entry = firstEntry(rule, kase);
  return entry !== null && isInCountries(kase, rule) ? { ...rule, entries: [entry] } : null;
}

/**
 * What concerns the asker: the rules, each with the source that matches, the people and the grants. Who has the
 * same is treated alike.
 */
function keyOf(kase: Case): string {
  const { deny, allow, people } = kase.service;
  const rules = [...deny, ...allow].map(({ path, entries }) => `${path} ${entries[0]?.matcher.text}`);
  const names = people.length === 0 ? [] : kase.asker.among(people).map(({ name }) => name);
  const grants = grantsOf(kase).map(({ id, until }) => `${id} ${until}`);
  return [...rules, ...names, ...grants].join('\n');
}

function grantsOf({ policy, service, asker, world }: Case): readonly Grant[] {
  return world.grants(service.name).filter(({ source }) => {
    const matcher = policy.matcherOf(source);
    return matcher !== null && asker.is(matcher);
  });
}

/** All that decides beside those and the time. What is kept of it is replaced, never changed. */
function factsOf(kase: Case): readonly unknown[] {
  const { service, world } = kase;
  const entries = service.allow.flatMap((rule) =>
    entryBudgets(kase, rule.entries[0]).map(({ account }) => world.ledger?.(account)),
  );
  return [world.clockProblem, world.ledger === null, ...entries];
}

function entryBudgets(kase: Case, entry: CompiledEntry | undefined): readonly Budget[] {
  return entry === undefined ? [] : budgetsOf(kase, entry);
}

/** The first instant after `at` at which the outcome may be another; Infinity when there is none. */
function mayChange(kase: Case, outcome: Outcome, at: number): number {
  if (outcome.kind === 'denied') return endOfDenial(kase, outcome.rule, at);
  let first = Number.POSITIVE_INFINITY;
  for (const rule of kase.service.allow) first = Math.min(first, mayMatch(kase, rule, at));
  return first;
}

function endOfDenial({ world }: Case, { windows, expires }: CompiledRule, at: number): number {
  // While the clock is not to be believed, nobody can say when that will be.
  if (world.clockProblem !== null) return Number.POSITIVE_INFINITY;
  return Math.min(expires, windows?.calendar.at(at)?.to ?? Number.POSITIVE_INFINITY);
}

/** The first instant at which the condition that fails now may hold. */
function mayMatch(kase: Case, rule: CompiledRule, at: number): number {
  const entry = firstEntry(rule, kase);
  if (entry === null) return Number.POSITIVE_INFINITY;
  switch (failure(kase, rule, entry, at)) {
    case 'outside_window':
      return rule.windows?.calendar.next(at)?.from ?? Number.POSITIVE_INFINITY;
    case 'allowance_spent':
      return Math.max(...budgetsOf(kase, entry).map((budget) => mayCover(kase, budget, at)));
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/** When every period of a spent budget has begun anew, or use is not charged. */
function mayCover(kase: Case, budget: Budget, at: number): number {
  if (budget.uncharged?.at(at) || leftOf(kase, budget, at) > 0) return at;
  const free = budget.uncharged?.next(at)?.from ?? Number.POSITIVE_INFINITY;
  const spent = balancesOf(kase, budget, at).filter(({ left }) => left === 0);
  const resets = spent.map(({ size, resets }) => (size === 0 ? Number.POSITIVE_INFINITY : resets));
  return Math.min(free, Math.max(...resets));
}
