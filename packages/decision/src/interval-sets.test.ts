// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { intersection, remainder } from './interval-sets.ts';
import type { Interval } from './window-calendar.ts';

/** In order, neither overlapping nor touching: every second edge opens one. */
const list = fc
  .uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 10 })
  .map((edges) => edges.sort((a, b) => a - b))
  .map((edges) =>
    edges.flatMap((from, n): Interval[] => {
      const to = edges[n + 1];
      return n % 2 === 0 && to !== undefined ? [{ from, to }] : [];
    }),
  );
const span = fc
  .tuple(fc.nat({ max: 20 }), fc.nat({ max: 20 }))
  .map(([from, length]) => ({ from, to: from + length }));
const points = Array.from({ length: 42 }, (_, n) => n - 0.5);
const holds = (intervals: readonly Interval[], at: number) =>
  intervals.some(({ from, to }) => from <= at && at < to);

it('what lies in both lists is what lies in the one and in the other', () => {
  fc.assert(
    fc.property(list, list, (a, b) => {
      const both = intersection(a, b);
      expect(both.every(({ from, to }) => from < to)).toBe(true);
      for (const at of points) expect(holds(both, at)).toBe(holds(a, at) && holds(b, at));
    }),
  );
});

it('what remains of a span is what lies in it and not in the list', () => {
  fc.assert(
    fc.property(span, list, (whole, taken) => {
      const rest = remainder(whole, taken);
      expect(rest.every(({ from, to }) => from < to)).toBe(true);
      for (const at of points) expect(holds(rest, at)).toBe(holds([whole], at) && !holds(taken, at));
    }),
  );
});
