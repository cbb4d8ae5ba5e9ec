// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DenialBudget } from './denial-budget.ts';

describe('DenialBudget', () => {
  it.each([
    { lane: 'strangers', burst: 4, every: 12_000 },
    { lane: 'known', burst: 32, every: 2_000 },
  ] as const)('gives $lane $burst at once and one more each $every ms', ({ lane, burst, every }) => {
    const budget = new DenialBudget(lane);
    const taken = Array.from({ length: burst + 1 }, () => budget.take(5_000));
    expect(taken).toEqual([...Array(burst).fill(true), false]);
    expect(budget.take(5_000 + every - 1)).toBe(false);
    expect(budget.take(5_000 + every)).toBe(true);
    expect(budget.take(5_000 + every)).toBe(false);
  });

  it('saves no more than a burst, however quiet it was', () => {
    const budget = new DenialBudget('strangers');
    budget.take(0);
    const taken = Array.from({ length: 10 }, () => budget.take(24 * 3_600_000));
    expect(taken.filter(Boolean)).toHaveLength(4);
  });

  it('gives no more within any time than its terms say, whenever it is asked', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20_000), { maxLength: 200 }), (pauses) => {
        const budget = new DenialBudget('strangers');
        let [now, given] = [0, 0];
        for (const pause of pauses) {
          now += pause;
          if (budget.take(now)) given += 1;
        }
        expect(given).toBeLessThanOrEqual(4 + Math.floor(now / 12_000));
      }),
    );
  });
});
