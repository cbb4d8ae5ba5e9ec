// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { timeLeft } from './time-left.ts';

it.each([
  ['2026-01-01T11:00:00Z', '0 s'],
  ['2026-01-01T12:00:40Z', '40 s'],
  ['2026-01-01T12:01:00Z', '1 min'],
  ['2026-01-01T12:01:30Z', '90 s'],
  ['2026-01-01T12:12:00Z', '12 min'],
  ['2026-01-01T12:59:40Z', '1 h'],
  ['2026-01-01T13:30:00Z', '1 h 30 min'],
  ['2026-01-01T16:00:00Z', '4 h'],
  ['2026-01-03T11:59:00Z', '47 h 59 min'],
  ['2026-01-11T12:00:00Z', '10 days'],
])('until %s there is %s left at noon', (until, left) => {
  expect(timeLeft(until, new Date('2026-01-01T12:00:00Z'))).toBe(left);
});
