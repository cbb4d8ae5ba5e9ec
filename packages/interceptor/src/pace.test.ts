// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { Pace } from './pace.ts';

it('is due after ever longer intervals, the last of them again and again', () => {
  const pace = new Pace([10, 60, 600], 1_000);
  const due = [pace.due];
  for (let i = 0; i < 4; i++) {
    pace.told(pace.due);
    due.push(pace.due);
  }
  expect(due).toEqual([1_010, 1_070, 1_670, 2_270, 2_870]);
});

it('begins an interval when it was told, however late that was', () => {
  const pace = new Pace([10, 60], 0);
  pace.told(500);
  expect(pace.due).toBe(560);
});

it('is over after its interval without anything, and after ten minutes at the earliest', () => {
  const pace = new Pace([10_000, 3_600_000], 0);
  expect(pace.isOver(0, 599_999)).toBe(false);
  expect(pace.isOver(0, 600_000)).toBe(true);
  pace.told(10_000);
  expect(pace.isOver(10_000, 3_609_999)).toBe(false);
  expect(pace.isOver(10_000, 3_610_000)).toBe(true);
});
