// SPDX-License-Identifier: MIT
// What was used of one account. Every change makes a new entry, which its keeper stores by compare-and-set.
import type { LedgerEntry } from '@nftoggle/contracts';

/** Two months of 31 days: no period that is still running loses a day. */
const daysKept = 62;
/** Lives of interceptors. One that was not heard of for so long repeats nothing. */
const metersKept = 8;

/** Milliseconds that were used of one day. */
export interface DayCharge {
  readonly day: string;
  readonly used: number;
}

/**
 * Null when that sequence of the meter, or a later one, was charged already. A meter without anything to charge
 * is remembered all the same.
 */
export function charge(
  entry: LedgerEntry | undefined,
  meter: string,
  sequence: number,
  charges: readonly DayCharge[],
): LedgerEntry | null {
  const { [meter]: last = 0, ...others } = entry?.meters ?? {};
  if (sequence <= last) return null;
  let days = entry?.days ?? {};
  for (const { day, used } of charges) if (used > 0) days = book(days, day, used, 0);
  return { days: newestDays(days), meters: newestMeters({ ...others, [meter]: sequence }) };
}

/** Negative `milliseconds` take away. */
export function withBonus(entry: LedgerEntry | undefined, day: string, milliseconds: number): LedgerEntry {
  const days = book(entry?.days ?? {}, day, 0, milliseconds);
  return { days: newestDays(days), meters: entry?.meters ?? {} };
}

type Days = LedgerEntry['days'];

function book(days: Days, day: string, used: number, bonus: number): Days {
  const before = days[day] ?? { used: 0, bonus: 0 };
  return { ...days, [day]: { used: before.used + used, bonus: before.bonus + bonus } };
}

function newestDays(days: Days): Days {
  const sorted = Object.entries(days).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.slice(-daysKept));
}

/** The order of the keys is that of the last charges; JSON keeps it. */
function newestMeters(meters: LedgerEntry['meters']): LedgerEntry['meters'] {
  return Object.fromEntries(Object.entries(meters).slice(-metersKept));
}
