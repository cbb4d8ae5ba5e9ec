// SPDX-License-Identifier: MIT
// Arithmetic of intervals. Every list is in order, and its intervals neither overlap nor touch.
import type { Interval } from './window-calendar.ts';

/** What lies in both. */
export function intersection(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  const both: Interval[] = [];
  for (const one of a) {
    for (const other of b) {
      const from = Math.max(one.from, other.from);
      const to = Math.min(one.to, other.to);
      if (from < to) both.push({ from, to });
    }
  }
  return both;
}

/** What of `span` lies in none of them. */
export function remainder(span: Interval, taken: readonly Interval[]): readonly Interval[] {
  const rest: Interval[] = [];
  let { from } = span;
  for (const { from: end, to } of intersection([span], taken)) {
    if (from < end) rest.push({ from, to: end });
    from = to;
  }
  if (from < span.to) rest.push({ from, to: span.to });
  return rest;
}
