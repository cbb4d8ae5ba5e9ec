// SPDX-License-Identifier: MIT
import type { Calendar } from './calendar.ts';

/** Milliseconds of the epoch; `to` is not in it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where the sums of a span are found: keys of rows, from the first to before the second. */
export interface SpanParts {
  readonly days: KeyRange;
  /** At its ends. */
  readonly hours: readonly [KeyRange, KeyRange];
}
export type KeyRange = readonly [from: number, to: number];

/** Outwards. */
export function wholeHours({ from, to }: Span, calendar: Calendar): Span {
  return { from: calendar.floor('hour', from), to: calendar.ceil('hour', to) };
}

/**
 * Of a span of whole hours. Where there are no hours any more (before `horizon`, at which a day begins) a day counts
 * as a whole in the span in which it begins, so that spans next to each other have every day once.
 */
export function partsOf({ from, to }: Span, calendar: Calendar, horizon: number): SpanParts {
  const firstDay = calendar.ceil('day', from);
  const lastDay = calendar.floor('day', to);
  const hours = (begin: number, end: number): KeyRange => [
    calendar.keyOf('hour', Math.max(begin, horizon)),
    calendar.keyOf('hour', end),
  ];
  if (firstDay > lastDay) return { days: [0, 0], hours: [hours(from, to), [0, 0]] };
  const endDay = lastDay < horizon ? calendar.ceil('day', to) : lastDay;
  return {
    days: [calendar.keyOf('day', firstDay), calendar.keyOf('day', endDay)],
    hours: [hours(from, firstDay), hours(lastDay, to)],
  };
}
