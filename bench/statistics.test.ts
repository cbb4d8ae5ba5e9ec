// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { median, pairedRatio, percentile } from './statistics.ts';

test('the percentile is a value that was measured, by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test('the median of an even number of values lies between the middle two', () => {
  expect(median([4, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('a slow spell of the machine that hits both of a round leaves the ratio as it is', () => {
  expect(pairedRatio([20, 200, 20], [10, 100, 10])).toBe(2);
  expect(() => pairedRatio([1], [1, 2])).toThrow(TypeError);
});
