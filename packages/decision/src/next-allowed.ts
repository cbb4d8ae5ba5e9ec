// SPDX-License-Identifier: MIT
// When somebody who is refused would be let in. The same walk is made again at later instants: each time at the
// first at which what refuses now may be over, so that none is skipped at which access could begin.
import type { Budget } from './account.ts';
import type { CompiledRule } from './compile.ts';
import { balancesOf, budgetsOf, type Case, failure, isInCountries, leftOf } from './conditions.ts';
import { firstEntry, type Outcome, walk } from './walk.ts';

/** How far ahead is looked, in milliseconds, and at how many instants at most. */
const horizon = 400 * 86_400_000;
const mostInstants = 300;

export interface Opening {
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly outcome: Outcome;
}

/** `refused`: what the walk came to at `now`. Null when nothing can be foreseen that would let the asker in. */
export function nextAllowed(kase: Case, refused: Outcome, now: number): Opening | null {
  if (isForEver(kase, refused, now)) return null;
  const ahead = forAsker(kase);
  let outcome = refused;
  let at = now;
  for (let i = 0; i < mostInstants; i++) {
    at = mayChange(ahead, outcome, at);
    if (at > now + horizon) return null;
    outcome = walk(ahead, at);
    if (outcome.kind === 'allowed' || outcome.kind === 'granted') return { at, outcome };
  }
  return null;
}

function isForEver(kase: Case, outcome: Outcome, at: number): boolean {
  return outcome.kind === 'denied' && endOfDenial(kase, outcome.rule, at) === Number.POSITIVE_INFINITY;
}

/** Most rules are not for this asker at any time: they are not looked at again for each instant. */
export function forAsker(kase: Case): Case {
  const concerns = (rule: CompiledRule) => firstEntry(rule, kase) !== null && isInCountries(kase, rule);
  const deny = kase.service.deny.filter(concerns);
  const allow = kase.service.allow.filter(concerns);
  return { ...kase, periods: kase.policy.ahead, service: { ...kase.service, deny, allow } };
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
