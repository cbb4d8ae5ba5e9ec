// SPDX-License-Identifier: MIT
// What is left of an allowance.
import type { Allowance } from '@nftoggle/config';
import { type LedgerEntry, type Period, periods } from '@nftoggle/contracts';
import type { PeriodCalendar, PeriodSpan } from './period-calendar.ts';

/** Of one period; times in milliseconds. */
export interface Balance {
  readonly period: Period;
  /** What the configuration gives. */
  readonly size: number;
  /** What somebody added on days of the period, or took away. */
  readonly bonus: number;
  readonly used: number;
  /** Never below zero, and never above `size` and a bonus that adds. */
  readonly left: number;
  /** When the next period begins. */
  readonly resets: number;
}

/** One for each period that the allowance limits: daily, weekly, monthly. `entry`: undefined for nothing used. */
export function balances(
  allowance: Allowance,
  entry: LedgerEntry | undefined,
  calendar: PeriodCalendar,
  now: number,
): readonly Balance[] {
  return periods.flatMap((period) => {
    const seconds = allowance[period];
    if (seconds === null) return [];
    const span = calendar.span(period, now);
    return [balance(period, seconds * 1_000, booked(entry, span), span.resets)];
  });
}

/** The balance that counts. Of several with as much left it is the one that resets last. */
export function leastLeft(list: readonly Balance[]): Balance {
  const [first, ...others] = list;
  if (first === undefined) throw new TypeError('an allowance limits at least one period');
  return others.reduce((least, other) => (isTighter(other, least) ? other : least), first);
}

function isTighter(a: Balance, b: Balance): boolean {
  return a.left < b.left || (a.left === b.left && a.resets > b.resets);
}

interface Booked {
  readonly used: number;
  readonly bonus: number;
}

function balance(period: Period, size: number, { used, bonus }: Booked, resets: number): Balance {
  const most = size + Math.max(bonus, 0);
  const left = Math.min(Math.max(size + bonus - used, 0), most);
  return { period, size, bonus, used, left, resets };
}

function booked(entry: LedgerEntry | undefined, { first, next }: PeriodSpan): Booked {
  let used = 0;
  let bonus = 0;
  for (const day in entry?.days) {
    const booking = entry.days[day];
    // Dates as ISO 8601 texts sort as the days do.
    if (booking === undefined || day < first || day >= next) continue;
    used += booking.used;
    bonus += booking.bonus;
  }
  return { used, bonus };
}
