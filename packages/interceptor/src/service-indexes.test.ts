// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServiceIndexes } from './service-indexes.ts';

const names = fc.uniqueArray(fc.constantFrom<string[]>('ssh', 'web', 'plex', 'game', 'admin', 'nas'), {
  maxLength: 6,
});
const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 20 }));
const none = () => new Set<number>();

describe('ServiceIndexes', () => {
  it('numbers services from 1: 0 is nobody', () => {
    const indexes = new ServiceIndexes(new Map(), 2047).assign(['ssh', 'web'], none);
    expect([...indexes.all]).toEqual([
      ['ssh', 1],
      ['web', 2],
    ]);
    expect(indexes.nameOf(2)).toBe('web');
    expect(indexes.nameOf(0)).toBeUndefined();
  });

  it('keeps the number of every name that stays, and gives none to two or to one that others carry, over any history', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(names, numbers), { maxLength: 8 }), (history) => {
        let indexes = new ServiceIndexes(new Map(), 127);
        for (const [wanted, carried] of history) {
          const before = indexes.all;
          const next = indexes.assign(wanted, () => new Set(carried));
          expect([...next.all.keys()].sort()).toEqual([...wanted].sort());
          expect(new Set(next.all.values()).size).toBe(wanted.length);
          for (const name of wanted) {
            if (before.has(name)) expect(next.all.get(name)).toBe(before.get(name));
            else expect([...carried, ...before.values()]).not.toContain(next.all.get(name));
          }
          for (const [name, index] of next.all) expect(next.nameOf(index)).toBe(name);
          indexes = next;
        }
      }),
    );
  });

  it('does not ask what connections carry when no service is new', () => {
    const before = new ServiceIndexes(new Map([['ssh', 5]]), 127);
    const fail = () => {
      throw new Error('asked');
    };
    expect([...before.assign(['ssh'], fail).all]).toEqual([['ssh', 5]]);
  });

  it('changes nothing by itself: a change that the kernel refuses leaves the old numbers', () => {
    const before = new ServiceIndexes(new Map([['ssh', 5]]), 127);
    before.assign(['web'], none);
    expect([...before.all]).toEqual([['ssh', 5]]);
  });

  it('uses no number that a leftover table has and the mask has no room for', () => {
    const left = new Map([
      ['zero', 0],
      ['fits', 127],
      ['beyond', 128],
    ]);
    expect([...new ServiceIndexes(left, 127).all.keys()]).toEqual(['fits']);
  });

  it('refuses more services than the mask has numbers for, and says which setting to change', () => {
    const many = Array.from({ length: 128 }, (_, i) => `service-${i}`);
    expect(() => new ServiceIndexes(new Map(), 127).assign(many, none)).toThrow(/128 services .* mark_mask/);
    const full = new ServiceIndexes(new Map(), 127).assign(many.slice(1), none);
    expect(Math.max(...full.all.values())).toBe(127);
  });

  it('fits as many services as there are numbers when all names change at once', () => {
    const full = new ServiceIndexes(new Map(), 3).assign(['a', 'b', 'c'], none);
    const next = full.assign(['d', 'e', 'f'], none);
    expect([...next.all.values()].sort()).toEqual([1, 2, 3]);
  });

  it('refuses rather than give away a number that connections carry', () => {
    const full = new ServiceIndexes(new Map(), 3).assign(['a', 'b', 'c'], none);
    expect(() => full.assign(['a', 'b', 'd'], () => new Set([3]))).toThrow(
      /connections of others .* mark_mask/,
    );
  });
});
