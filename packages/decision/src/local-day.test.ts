// SPDX-License-Identifier: MIT
import { addDays, weekday } from '@nftoggle/config';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateOf, dayNumber, instantOf, weekdayOf } from './local-day.ts';
import { minute, stretches } from './wall-clock.fixture.ts';

const anyDay = fc.integer({ min: -40_000, max: 80_000 });

describe('the number of a day', () => {
  it.each([
    ['1970-01-01', 0],
    ['1969-12-31', -1],
    ['2000-02-29', 11_016],
    ['2026-02-19', 20_503],
  ])('of %s is %d', (date, day) => {
    expect(dayNumber(date)).toBe(day);
    expect(dateOf(day)).toBe(date);
  });

  it('counts days and weekdays as the calendar does', () => {
    fc.assert(
      fc.property(anyDay, (day) => {
        expect(dayNumber(dateOf(day))).toBe(day);
        expect(dateOf(day + 1)).toBe(addDays(dateOf(day), 1));
        expect(weekdayOf(day)).toBe(weekday(dateOf(day)));
      }),
    );
  });
});

describe('the instant of a local second', () => {
  it('never falls as the second rises, whatever is done to the clock', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...stretches),
        fc.integer({ min: 0, max: 6 * 86_400 }),
        fc.integer({ min: 0, max: 7_200 }),
        ([zone, start], offset, later) => {
          const second = Date.parse(start) / 1_000 + offset;
          expect(instantOf(zone, second + later)).toBeGreaterThanOrEqual(instantOf(zone, second));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is that of UTC where clocks show UTC, and never where it is never', () => {
    expect(instantOf('UTC', 20_503 * 86_400 + 90)).toBe(Date.parse('2026-02-19') + 1.5 * minute);
    expect(instantOf('UTC', Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });
});
