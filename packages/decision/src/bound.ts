// SPDX-License-Identifier: MIT
// When a permission ends: the earliest of all that bounds it. Then it is asked about again.
import type { Bound } from '@nftoggle/contracts';
import type { CompiledEntry, CompiledRule } from './compile.ts';
import { budgetsOf, type Case, isInCountries, leftOf } from './conditions.ts';
import { type Allowed, firstEntry, type Granted } from './walk.ts';

export interface Permit {
  /** In milliseconds since the epoch. */
  readonly until: number;
  readonly bound: Bound;
  /** The deny rule whose window opens, where that is the bound. */
  readonly denying: CompiledRule | null;
}

export function permitOf(kase: Case, outcome: Allowed | Granted, at: number): Permit {
  const denied = denyAhead(kase, at);
  const permit =
    outcome.kind === 'granted'
      ? earlier(denied, outcome.grant.until, 'grant_end')
      : ruleBound(kase, outcome, at, denied);
  return earlier(permit, at + kase.service.openFor * 1_000, 'session_time');
}

function ruleBound(kase: Case, { rule, entry }: Allowed, at: number, denied: Permit): Permit {
  const closes = rule.windows?.calendar.at(at)?.to ?? Number.POSITIVE_INFINITY;
  const inWindow = earlier(denied, closes, 'window_end');
  const inBudget = earlier(inWindow, spentAt(kase, entry, at), 'allowance');
  return earlier(inBudget, rule.expires, 'rule_expiry');
}

/** Of bounds at the same instant the first that was looked at stands. */
function earlier(permit: Permit, until: number, bound: Bound): Permit {
  return until < permit.until ? { until, bound, denying: null } : permit;
}

/** The beginning of the first window to come of a deny rule that would match. */
function denyAhead(kase: Case, at: number): Permit {
  let next: Permit = { until: Number.POSITIVE_INFINITY, bound: 'window_end', denying: null };
  for (const rule of kase.service.deny) {
    if (rule.windows === null) continue;
    const until = rule.windows.calendar.next(at)?.from ?? Number.POSITIVE_INFINITY;
    if (until >= next.until || until >= rule.expires) continue;
    if (firstEntry(rule, kase) === null || !isInCountries(kase, rule)) continue;
    next = { until, bound: 'window_end', denying: rule };
  }
  return next;
}

/**
 * When the first allowance could be spent, if it were used from now on without a break. In a window that is not
 * charged nobody is refused, so it is at its end at the earliest.
 */
function spentAt(kase: Case, entry: CompiledEntry, at: number): number {
  let first = Number.POSITIVE_INFINITY;
  for (const budget of budgetsOf(kase, entry)) {
    const free = budget.uncharged?.at(at)?.to ?? at;
    first = Math.min(first, Math.max(free, at + leftOf(kase, budget, at)));
  }
  return first;
}
