// SPDX-License-Identifier: MIT
import type { AllowanceBalance, Allowances, PeriodBalance } from '@nftoggle/contracts';
import { expect, it } from 'vitest';
import { plain } from '../paint.ts';
import { allowancesPage } from './allowances-page.ts';

const frame = { now: new Date('2026-11-23T12:00:00Z'), width: 80, paint: plain };

function aPeriod(change: Partial<PeriodBalance> = {}): PeriodBalance {
  const resets = '2026-11-23T23:00:00Z';
  return { period: 'daily', size: 7_200, bonus: 0, used: 4_500, left: 2_700, resets, ...change };
}

function aBalance(change: Partial<AllowanceBalance> = {}): AllowanceBalance {
  return {
    account: 'person.leo',
    who: 'leo',
    service: null,
    services: ['minecraft', 'playstation'],
    periods: [
      aPeriod({ bonus: 900, left: 3_600 }),
      aPeriod({
        period: 'weekly',
        size: 28_800,
        used: 10_799.5,
        left: 18_000.5,
        resets: '2026-11-29T23:00:00Z',
      }),
    ],
    left: 3_600,
    uncharged: false,
    ...change,
  };
}

function page(
  allowances: readonly AllowanceBalance[],
  change: Partial<Allowances & { width: number }> = {},
): string {
  const answer = { allowances: [...allowances], timezone: 'Europe/Berlin', problem: null, ...change };
  return allowancesPage(answer, { ...frame, width: change.width ?? 80 });
}

/** Its day is spent. */
const spent = aBalance({
  account: 'service.playstation.console',
  who: 'console',
  service: 'playstation',
  services: ['playstation'],
  periods: [
    aPeriod({ used: 7_200, left: 0 }),
    aPeriod({
      period: 'monthly',
      size: 90_000,
      bonus: -1_800,
      used: 40,
      left: 88_160,
      resets: '2026-11-30T23:00:00Z',
    }),
  ],
  left: 0,
});

it('says first how much is left, then how that comes about', () => {
  expect(page([aBalance(), spent], { width: 90 })).toBe(
    `leo has 1 h left for minecraft, playstation
  today       1 h left          used 1 h 15 min of 2 h + 15 min bonus  resets tomorrow
  this week   5 h left          used 3 h of 8 h                        resets Mon 30 Nov

console has nothing left for playstation
  today       nothing left      used 2 h of 2 h                        resets tomorrow
  this month  24 h 29 min left  used 40 s of 25 h - 30 min             resets Tue 1 Dec`,
  );
});

it('fits into 60 columns', () => {
  const text = page([aBalance()], { width: 60 });
  expect(text).toBe(
    `leo has 1 h left for minecraft, playstation
  today      1 h left  used 1 h 15 min of 2 h + 15 min bonus
      resets tomorrow
  this week  5 h left  used 3 h of 8 h
      resets Mon 30 Nov`,
  );
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
});

it('says when use is free, and when the day begins later than at midnight', () => {
  const daily = aPeriod({ used: 0, left: 7_200, resets: '2026-11-24T03:00:00Z' });
  const balance = aBalance({ periods: [daily], left: 7_200, uncharged: true, services: ['minecraft'] });
  expect(page([balance])).toBe(
    `leo has 2 h left for minecraft; use is free just now
  today  2 h left  used 0 min of 2 h  resets tomorrow 04:00`,
  );
});

it('promises nobody more than there is, and counts every second as used', () => {
  const daily = aPeriod({ used: 1_830.2, left: 5_369.8 });
  expect(page([aBalance({ periods: [daily], left: 5_369.8 })])).toContain(
    '  today  1 h 29 min left  used 31 min of 2 h',
  );
});

it('says above all why nothing of it counts', () => {
  const problem = 'the clock says 1970: it was never set';
  const balance = aBalance({ services: ['minecraft'], periods: [aPeriod()], left: 2_700 });
  expect(page([balance], { problem })).toBe(
    `problem: the clock says 1970: it was never set
Until this is solved, rules with an allowance let nobody in.

leo has 45 min left for minecraft
  today  45 min left  used 1 h 15 min of 2 h  resets tomorrow`,
  );
});

it('says so when there is none', () => {
  expect(page([])).toBe('no allowance is configured: no time is counted');
});
