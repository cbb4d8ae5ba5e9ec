// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthOf, type Span, union, without } from './spans.ts';

const someSpans = fc.array(
  fc.tuple(fc.nat(30), fc.nat(10)).map(([from, length]): Span => ({ from, to: from + length })),
  { maxLength: 8 },
);
/** The seconds that are in one of them. */
const secondsOf = (spans: readonly Span[]): number[] =>
  Array.from({ length: 50 }, (_, second) => second).filter((second) =>
    spans.some(({ from, to }) => from <= second && second < to),
  );

describe('spans of time', () => {
  it('are the same time when they are joined, in order and each second once', () => {
    fc.assert(
      fc.property(someSpans, (spans) => {
        const joined = union(spans);
        expect(secondsOf(joined)).toEqual(secondsOf(spans));
        expect(lengthOf(joined)).toBe(secondsOf(spans).length);
      }),
    );
  });

  it('lose exactly the time that others have', () => {
    fc.assert(
      fc.property(someSpans, someSpans, (some, others) => {
        const left = without(union(some), union(others));
        expect(secondsOf(left)).toEqual(
          secondsOf(some).filter((second) => !secondsOf(others).includes(second)),
        );
        expect(lengthOf(left)).toBe(secondsOf(left).length);
      }),
    );
  });
});
