// SPDX-License-Identifier: MIT
// From one time of day to another, `18:00-23:30`. An end that is not after the beginning is on the next day.
import { formatClockTime, parseClockTime, parseEndTime } from './clock-time.ts';
import { accept, type Parsed, refuse } from './parsed.ts';
import type { DaySpan } from './types.ts';
import { daySeconds } from './zoned-time.ts';

export const wholeDay: DaySpan = { from: 0, to: daySeconds };

export function parseDaySpan(text: string): Parsed<DaySpan> {
  const [fromText = '', toText = '', ...rest] = text.split('-');
  if (fromText === '' || toText === '' || rest.length > 0) {
    return refuse(`${JSON.stringify(text)} is not a span of time.`, 'Write it like 18:00-23:30.');
  }
  const from = parseClockTime(fromText);
  if (!from.ok) return from;
  const to = parseEndTime(toText);
  if (!to.ok) return to;
  if (from.value === to.value || to.value - from.value === -daySeconds) {
    return refuse(`"${text}" has no length.`, 'Write 00:00-24:00 for the whole day.');
  }
  return accept({ from: from.value, to: to.value > from.value ? to.value : to.value + daySeconds });
}

/** The text that `parseDaySpan` reads as this span. */
export function formatDaySpan({ from, to }: DaySpan): string {
  return `${formatClockTime(from)}-${formatClockTime(to > daySeconds ? to - daySeconds : to)}`;
}

export function isWholeDay({ from, to }: DaySpan): boolean {
  return from === wholeDay.from && to === wholeDay.to;
}
