// SPDX-License-Identifier: MIT
// What a rule asks beside the source. Every condition is looked at in one order, and the first that fails is
// the reason. Where it is not known whether one holds, it counts as whatever keeps the asker out.
import type { AccountId, Reason } from '@nftoggle/contracts';
import type { Budget } from './account.ts';
import type { Asker } from './asker.ts';
import { type Balance, balances, leastLeft } from './balance.ts';
import * as checkText from './check-text.ts';
import type { CompiledEntry, CompiledPolicy, CompiledRule, CompiledService } from './compile.ts';
import type { PeriodCalendar } from './period-calendar.ts';
import type { World } from './world.ts';

/** One question: what is asked, who asks, and of what world. */
export interface Case {
  readonly policy: CompiledPolicy;
  readonly service: CompiledService;
  readonly asker: Asker;
  readonly world: World;
  readonly periods: PeriodCalendar;
}

/** Told of every condition that is looked at, in order. Its texts are only made when somebody listens. */
export type Trace = (rule: string, condition: string, passed: boolean) => void;

/** Why an allow rule does not match a source that it is for. */
export type Failure = Extract<
  Reason,
  'country_refused' | 'rule_expired' | 'clock_untrusted' | 'not_ready' | 'outside_window' | 'allowance_spent'
>;

/** Does a deny rule match a source that it is for? */
export function inForce(kase: Case, rule: CompiledRule, at: number, trace?: Trace): boolean {
  if (!isInCountries(kase, rule, trace)) return false;
  if (kase.world.clockProblem === null)
    return !isOver(kase, rule, at, trace) && isOpen(kase, rule, at, trace);
  if (isTimed(rule)) trace?.(rule.path, checkText.denyClockCheck(kase.world.clockProblem), true);
  return true;
}

/** Why the allow rule does not match, though the source is of `entry`; null when it does. */
export function failure(
  kase: Case,
  rule: CompiledRule,
  entry: CompiledEntry,
  at: number,
  trace?: Trace,
): Failure | null {
  if (!isInCountries(kase, rule, trace)) return 'country_refused';
  if (isOver(kase, rule, at, trace)) return 'rule_expired';
  if (!isClockTrusted(kase, rule, entry, trace)) return 'clock_untrusted';
  if (!isLedgerKnown(kase, rule, entry, trace)) return 'not_ready';
  if (!isOpen(kase, rule, at, trace)) return 'outside_window';
  return isAllowanceLeft(kase, rule, entry, at, trace) ? null : 'allowance_spent';
}

/** Every limit on what is used by way of the entry: that of the rule, and those of the people who use it. */
export function budgetsOf({ service, asker }: Case, entry: CompiledEntry): readonly Budget[] {
  const people = service.people.length === 0 ? [] : asker.among(service.people);
  if (people.length === 0) return entry.budget === null ? [] : [entry.budget];
  const budgets = people.map(({ budget }) => budget);
  return entry.budget === null ? budgets : [entry.budget, ...budgets];
}

export function accountsOf(kase: Case, entry: CompiledEntry): AccountId[] {
  return budgetsOf(kase, entry).map(({ account }) => account);
}

export function balancesOf({ world, periods }: Case, budget: Budget, at: number): readonly Balance[] {
  return balances(budget.allowance, world.ledger?.(budget.account), periods, at);
}

/** What is left in milliseconds, whether or not it is charged at that moment. */
export function leftOf(kase: Case, budget: Budget, at: number): number {
  return leastLeft(balancesOf(kase, budget, at)).left;
}

/** Who is in no country meets no condition on countries, of deny and allow rules alike. */
export function isInCountries({ asker }: Case, rule: CompiledRule, trace?: Trace): boolean {
  if (rule.countries === null && rule.notCountries === null) return true;
  const place = asker.place();
  const passed = place !== null && isWanted(rule, place.country);
  trace?.(rule.path, checkText.countryCheck(rule, place), passed);
  return passed;
}

/** A public address of which nothing is known is kept out by `not_countries`, whatever the rule does. */
function isWanted({ countries, notCountries, effect }: CompiledRule, country: string | null): boolean {
  if (countries !== null && (country === null || !countries.has(country))) return false;
  if (notCountries === null) return true;
  return country === null ? effect === 'deny' : !notCountries.has(country);
}

function isOver({ policy }: Case, rule: CompiledRule, at: number, trace?: Trace): boolean {
  if (rule.expires === Number.POSITIVE_INFINITY) return false;
  const over = at >= rule.expires;
  trace?.(rule.path, checkText.expiryCheck(rule.expires, at, policy.timezone), !over);
  return over;
}

function isTimed(rule: CompiledRule): boolean {
  return rule.windows !== null || rule.expires !== Number.POSITIVE_INFINITY;
}

function isClockTrusted(kase: Case, rule: CompiledRule, entry: CompiledEntry, trace?: Trace): boolean {
  const { clockProblem } = kase.world;
  if (clockProblem === null || (!isTimed(rule) && budgetsOf(kase, entry).length === 0)) return true;
  trace?.(rule.path, checkText.clockCheck(clockProblem), false);
  return false;
}

function isLedgerKnown(kase: Case, rule: CompiledRule, entry: CompiledEntry, trace?: Trace): boolean {
  if (kase.world.ledger !== null || budgetsOf(kase, entry).length === 0) return true;
  trace?.(rule.path, checkText.ledgerCheck, false);
  return false;
}

function isOpen({ policy }: Case, rule: CompiledRule, at: number, trace?: Trace): boolean {
  if (rule.windows === null) return true;
  const passed = rule.windows.calendar.at(at) !== null;
  trace?.(rule.path, checkText.windowCheck(rule.windows.list, at, policy.timezone), passed);
  return passed;
}

function isAllowanceLeft(
  kase: Case,
  rule: CompiledRule,
  entry: CompiledEntry,
  at: number,
  trace?: Trace,
): boolean {
  for (const budget of budgetsOf(kase, entry)) {
    const free = budget.uncharged?.at(at) ?? null;
    const passed = free !== null || leftOf(kase, budget, at) > 0;
    trace?.(
      rule.path,
      checkText.allowanceCheck(budget, free, leastLeft(balancesOf(kase, budget, at)), kase.policy.timezone),
      passed,
    );
    if (!passed) return false;
  }
  return true;
}
