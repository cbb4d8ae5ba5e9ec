// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { nextStep, retryAfterOf, type Trial } from './retry.ts';

const hour = 3_600_000;
const trial = (changes: Partial<Trial> = {}): Trial => ({
  attempts: 1,
  refusals: 0,
  refusedFor: 0,
  ageAtFirst: 0,
  age: 1_000,
  retryFor: hour,
  retryAfter: null,
  ...changes,
});
const giveUp = { kind: 'give_up' };
const wait = (milliseconds: number) => ({ kind: 'wait', for: milliseconds });

describe('the next attempt', () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [9, 256_000],
    [10, 300_000],
    [100_000, 300_000],
  ])('after %i comes within %i ms, any part of it', (attempts, longest) => {
    expect(nextStep(trial({ attempts, age: 10 }), 1)).toEqual(wait(longest));
    expect(nextStep(trial({ attempts, age: 10 }), 0.5)).toEqual(wait(longest / 2));
    expect(nextStep(trial({ attempts, age: 10 }), 0)).toEqual(wait(0));
  });

  it.each<[string, Partial<Trial>, object]>([
    ['comes until the event is too old', { attempts: 50, age: hour - 100 }, wait(100)],
    ['does not come after that', { attempts: 50, age: hour }, giveUp],
    ['comes after that while there were only two', { attempts: 2, age: 2 * hour }, wait(2_000)],
    ['does not come after three', { attempts: 3, age: 2 * hour }, giveUp],
    [
      'does not come when the event was too old from the beginning',
      { ageAtFirst: hour + 1, age: hour + 2 },
      giveUp,
    ],
    ['comes after two refusals', { attempts: 2, refusals: 2 }, wait(2_000)],
    [
      'comes after refusals of less than a minute',
      { attempts: 9, refusals: 9, refusedFor: 59_999 },
      wait(256_000),
    ],
    [
      'comes after two refusals however long',
      { attempts: 2, refusals: 2, refusedFor: hour / 2 },
      wait(2_000),
    ],
    ['does not come after a minute of refusals', { attempts: 3, refusals: 3, refusedFor: 60_000 }, giveUp],
    ['comes after refusals that were not in a row', { attempts: 9, refusals: 2 }, wait(256_000)],
    ['waits as long as it is asked to', { retryAfter: 90_000 }, wait(90_000)],
    ['waits ten minutes at most', { retryAfter: 86_400_000 }, wait(600_000)],
    ['waits its own time when it is asked for less', { attempts: 3, retryAfter: 1_000 }, wait(4_000)],
    [
      'does not come too early only to come at all',
      { attempts: 5, age: hour - 5_000, retryAfter: 9_000 },
      giveUp,
    ],
    [
      'waits as asked beyond that while there were only two',
      { age: hour - 5_000, retryAfter: 9_000 },
      wait(9_000),
    ],
    ['comes though the clock was put back', { attempts: 5, age: -hour }, wait(16_000)],
    ['comes three times where nothing is to be repeated', { retryFor: 0, age: 1 }, wait(1_000)],
  ])('%s', (_, changes, step) => {
    expect(nextStep(trial(changes), 1)).toEqual(step);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-23T17:05:00Z');
  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Mon, 23 Nov 2026 17:06:00 GMT', 60_000],
    ['Mon, 23 Nov 2026 17:00:00 GMT', 0],
    ['-5', null],
    ['soon', null],
    ['', null],
    ['1e9', null],
    ['99999999999', null],
  ])('of %o is %o ms', (value, milliseconds) => {
    expect(retryAfterOf(value, now)).toBe(milliseconds);
  });
});
