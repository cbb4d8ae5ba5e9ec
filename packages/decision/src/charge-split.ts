// SPDX-License-Identifier: MIT
// A meter says how much of a span was used, not which moments of it. So use is spread evenly over the span,
// and each day gets its share.
import { intersection, remainder } from './interval-sets.ts';
import type { DayCharge } from './ledger-entry.ts';
import type { PeriodCalendar } from './period-calendar.ts';
import type { Interval, WindowCalendar } from './window-calendar.ts';

/**
 * Charges of the allowance days of a span in which `used` milliseconds were used, in whole milliseconds and never
 * more than `used` in all. What lies in windows that every allowance of the account leaves uncharged is nobody's;
 * `uncharged` has one entry for each allowance, null when it always charges. An account without allowances is
 * charged. A span without length (a clock that was put back) is charged as the moment of its end.
 */
export function chargesByDay(
  span: Interval,
  used: number,
  calendar: PeriodCalendar,
  uncharged: readonly (WindowCalendar | null)[],
): readonly DayCharge[] {
  const measured = span.from < span.to ? span : { from: span.to, to: span.to + 1 };
  const charged = remainder(measured, commonWindows(measured, uncharged));
  const share = (length: number) => Math.floor((length * used) / (measured.to - measured.from));
  const charges: DayCharge[] = [];
  let before = 0;
  for (const { day, length } of lengthsByDay(charged, calendar)) {
    // Rounding the sums rather than the parts loses no time over many spans.
    const part = share(before + length) - share(before);
    if (part > 0) charges.push({ day, used: part });
    before += length;
  }
  return charges;
}

function commonWindows(span: Interval, calendars: readonly (WindowCalendar | null)[]): readonly Interval[] {
  if (calendars.length === 0) return [];
  let common: readonly Interval[] = [span];
  for (const calendar of calendars) {
    if (calendar === null) return [];
    common = intersection(common, calendar.between(span.from, span.to));
  }
  return common;
}

/** Milliseconds of the intervals on each day, in order. */
function lengthsByDay(intervals: readonly Interval[], calendar: PeriodCalendar) {
  const lengths = new Map<string, number>();
  for (const { from, to } of intervals) {
    for (let at = from; at < to; ) {
      const { first: day, resets } = calendar.span('daily', at);
      const end = Math.min(resets, to);
      lengths.set(day, (lengths.get(day) ?? 0) + end - at);
      at = end;
    }
  }
  return [...lengths].map(([day, length]) => ({ day, length }));
}
