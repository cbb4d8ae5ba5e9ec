// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServiceIndexes } from './service-indexes.ts';

const names = fc.uniqueArray(fc.constantFrom<string[]>('ssh', 'web', 'plex', 'game', 'admin', 'nas'), {
  maxLength: 6,
});

describe('ServiceIndexes', () => {
  it('numbers services from 1: 0 is nobody', () => {
    const { indexes, released } = new ServiceIndexes(new Map(), 2047).assign(['ssh', 'web']);
    expect([...indexes.all]).toEqual([
      ['ssh', 1],
      ['web', 2],
    ]);
    expect(released).toEqual([]);
    expect(indexes.nameOf(2)).toBe('web');
    expect(indexes.nameOf(0)).toBeUndefined();
  });

  it('keeps the number of every name that stays, releases those that go, and gives none to two, over any history', () => {
    fc.assert(
      fc.property(fc.array(names, { maxLength: 8 }), (history) => {
        let indexes = new ServiceIndexes(new Map(), 127);
        for (const wanted of history) {
          const before = indexes.all;
          const { indexes: next, released } = indexes.assign(wanted);
          expect([...next.all.keys()].sort()).toEqual([...wanted].sort());
          expect(new Set(next.all.values()).size).toBe(wanted.length);
          for (const name of wanted) if (before.has(name)) expect(next.all.get(name)).toBe(before.get(name));
          const gone = [...before].filter(([name]) => !wanted.includes(name)).map(([, index]) => index);
          expect(released).toEqual(gone);
          for (const [name, index] of next.all) expect(next.nameOf(index)).toBe(name);
          indexes = next;
        }
      }),
    );
  });

  it('changes nothing by itself: a change that the kernel refuses leaves the old numbers', () => {
    const before = new ServiceIndexes(new Map([['ssh', 5]]), 127);
    before.assign(['web']);
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
    expect(() => new ServiceIndexes(new Map(), 127).assign(many)).toThrow(/128 services .* mark_mask/);
    const full = new ServiceIndexes(new Map(), 127).assign(many.slice(1)).indexes;
    expect(Math.max(...full.all.values())).toBe(127);
  });

  it('fits as many services as there are numbers when all names change at once', () => {
    const full = new ServiceIndexes(new Map(), 3).assign(['a', 'b', 'c']).indexes;
    const { indexes, released } = full.assign(['d', 'e', 'f']);
    expect([...indexes.all.values()].sort()).toEqual([1, 2, 3]);
    expect([...released].sort()).toEqual([1, 2, 3]);
  });
});
