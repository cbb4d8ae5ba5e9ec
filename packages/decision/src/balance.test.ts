// SPDX-License-Identifier: MIT
import type { Allowance } from '@nftoggle/config';
import type { LedgerEntry } from '@nftoggle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balances, leastLeft } from './balance.ts';
import { PeriodCalendar } from './period-calendar.ts';

const minutes = 60_000;
const hours = 60 * minutes;
/** A Thursday; its week began on the 16th. */
const now = Date.parse('2026-02-19T12:00:00Z');
const calendar = new PeriodCalendar('UTC', 0);
const unlimited: Allowance = { daily: null, weekly: null, monthly: null, uncharged: null, warnBefore: [] };

function entry(days: Record<string, readonly [used: number, bonus: number]>): LedgerEntry {
  return {
    days: Object.fromEntries(Object.entries(days).map(([day, [used, bonus]]) => [day, { used, bonus }])),
    meters: {},
  };
}

function daily(size: number, days: Record<string, readonly [number, number]>) {
  return leastLeft(balances({ ...unlimited, daily: size }, entry(days), calendar, now));
}

describe('what is left', () => {
  it.each([
    ['all while nothing was used', 7_200, [0, 0], 2 * hours],
    ['the rest', 7_200, [30 * minutes, 0], 1.5 * hours],
    ['to the millisecond', 7_200, [1, 0], 2 * hours - 1],
    ['nothing when all was used', 7_200, [2 * hours, 0], 0],
    ['nothing when more was used than there was', 7_200, [5 * hours, 0], 0],
    ['nothing of 0, which is none', 0, [0, 0], 0],
    ['the bonus, where the allowance is none', 0, [0, 10 * minutes], 10 * minutes],
    ['more with a bonus', 7_200, [2 * hours, 30 * minutes], 30 * minutes],
    ['less with a penalty', 7_200, [0, -30 * minutes], 1.5 * hours],
    ['nothing with a penalty beyond the allowance', 7_200, [0, -3 * hours], 0],
    ['the rest of a bonus that was given late', 3_600, [2 * hours, 1.5 * hours], 0.5 * hours],
  ] as const)('is %s', (_, size, booked, left) => {
    expect(daily(size, { '2026-02-19': booked }).left).toBe(left);
  });

  it('is all where the account was never charged', () => {
    expect(balances({ ...unlimited, daily: 60 }, undefined, calendar, now)).toEqual([
      { period: 'daily', size: 60_000, bonus: 0, used: 0, left: 60_000, resets: Date.parse('2026-02-20') },
    ]);
  });

  it('takes no more from a day than that day used', () => {
    expect(daily(7_200, { '2026-02-18': [hours, 0], '2026-02-20': [hours, 0] }).left).toBe(2 * hours);
  });

  it('is counted for each period that is limited, with the uses and bonuses of all its days', () => {
    const used = entry({
      '2026-01-31': [7 * hours, 0],
      '2026-02-01': [4 * hours, 0],
      '2026-02-15': [2 * hours, hours],
      '2026-02-16': [3 * hours, 0],
      '2026-02-19': [hours, 15 * minutes],
      '2026-03-01': [9 * hours, 0],
    });
    const size = { ...unlimited, daily: 2 * 3_600, weekly: 10 * 3_600, monthly: 20 * 3_600 };
    expect(balances(size, used, calendar, now)).toEqual([
      {
        period: 'daily',
        size: 2 * hours,
        bonus: 0.25 * hours,
        used: hours,
        left: 1.25 * hours,
        resets: Date.parse('2026-02-20'),
      },
      {
        period: 'weekly',
        size: 10 * hours,
        bonus: 0.25 * hours,
        used: 4 * hours,
        left: 6.25 * hours,
        resets: Date.parse('2026-02-23'),
      },
      {
        period: 'monthly',
        size: 20 * hours,
        bonus: 1.25 * hours,
        used: 10 * hours,
        left: 11.25 * hours,
        resets: Date.parse('2026-03-01'),
      },
    ]);
  });

  it('is new when the day begins, not at midnight', () => {
    const late = new PeriodCalendar('Europe/Berlin', 4 * 3_600);
    const left = (at: string) =>
      balances({ ...unlimited, daily: 3_600 }, entry({ '2026-02-18': [hours, 0] }), late, Date.parse(at))[0]
        ?.left;
    expect(left('2026-02-19T03:59:59+01:00')).toBe(0);
    expect(left('2026-02-19T04:00:00+01:00')).toBe(hours);
  });

  it('is never below zero, nor above the allowance with its bonus', () => {
    const amount = fc.integer({ min: 0, max: 40 * hours });
    const size = fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: null });
    const day = fc
      .integer({ min: 0, max: 45 })
      .map((n) => new Date(now - n * 24 * hours).toISOString().slice(0, 10));
    const booked = fc.tuple(amount, fc.integer({ min: -40 * hours, max: 40 * hours }));
    fc.assert(
      fc.property(size, size, size, fc.dictionary(day, booked), (dailySize, weekly, monthly, days) => {
        const allowance = { ...unlimited, daily: dailySize, weekly, monthly };
        for (const balance of balances(allowance, entry(days), calendar, now)) {
          expect(balance.left).toBeGreaterThanOrEqual(0);
          expect(balance.left).toBeLessThanOrEqual(balance.size + Math.max(0, balance.bonus));
          if (balance.left > 0) expect(balance.left).toBe(balance.size + balance.bonus - balance.used);
          expect(balance.resets).toBeGreaterThan(now);
        }
      }),
    );
  });
});

describe('the least left', () => {
  const list = (dailySize: number, weekly: number, monthly: number, used: number) =>
    balances(
      { ...unlimited, daily: dailySize, weekly, monthly },
      entry({ '2026-02-19': [used, 0] }),
      calendar,
      now,
    );

  it('counts', () => {
    expect(leastLeft(list(3_600, 7_200, 10_800, 0)).period).toBe('daily');
    expect(leastLeft(list(3_600, 1_800, 10_800, 0)).period).toBe('weekly');
    expect(leastLeft(list(3_600, 7_200, 60, 0)).period).toBe('monthly');
  });

  it('is that of the period which resets last, of several that are spent', () => {
    expect(leastLeft(list(60, 60, 60, hours)).period).toBe('monthly');
    expect(leastLeft(list(60, 60, 36_000, hours)).period).toBe('weekly');
  });

  it('does not exist of nothing', () => {
    expect(() => leastLeft([])).toThrow(TypeError);
  });
});
