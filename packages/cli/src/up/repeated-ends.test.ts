// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { RepeatedEnds } from './repeated-ends.ts';

const cannotStart = { code: 3, signal: null, fatal: 'stats.db: the disk is full' };

it('knows an end with the same reason for a minute from when it was told', () => {
  const ends = new RepeatedEnds();
  expect(ends.has('stats', cannotStart, 0)).toBe(false);
  expect(ends.has('stats', cannotStart, 30_000)).toBe(true);
  expect(ends.has('stats', cannotStart, 59_999)).toBe(true);
  expect(ends.has('stats', cannotStart, 60_000)).toBe(false);
  expect(ends.has('stats', cannotStart, 61_000)).toBe(true);
});

it('takes no other reason, no other child and no end without a reason for the same', () => {
  const ends = new RepeatedEnds();
  ends.has('stats', cannotStart, 0);
  expect(ends.has('stats', { ...cannotStart, fatal: 'another' }, 1)).toBe(false);
  expect(ends.has('stats', cannotStart, 2)).toBe(false);
  expect(ends.has('hooks', cannotStart, 3)).toBe(false);
  const killed = { code: null, signal: 'SIGKILL', fatal: undefined } as const;
  expect(ends.has('policy', killed, 4)).toBe(false);
  expect(ends.has('policy', killed, 5)).toBe(false);
});
