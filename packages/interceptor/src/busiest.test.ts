// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Busiest } from './busiest.ts';

const streams = fc.array(fc.record({ key: fc.nat(30).map(String), by: fc.integer({ min: 1, max: 9 }) }), {
  maxLength: 300,
});

/** The real counts, and those of as many counters as there is room for. */
function count(stream: readonly { readonly key: string; readonly by: number }[], room: number) {
  const busiest = new Busiest<string>(room);
  const real = new Map<string, number>();
  for (const { key, by } of stream) {
    busiest.add(key, key, by);
    real.set(key, (real.get(key) ?? 0) + by);
  }
  const all = stream.reduce((sum, { by }) => sum + by, 0);
  return { told: busiest.most(room), real, all };
}

describe('Busiest', () => {
  it('is exact while there is room for all', () => {
    fc.assert(
      fc.property(streams, (stream) => {
        const { told, real } = count(stream, 64);
        expect(new Map(told.map(({ value, count }) => [value, count]))).toEqual(real);
        expect(told.map(({ count }) => count)).toEqual([...real.values()].sort((a, b) => b - a));
      }),
    );
  });

  it('never tells too much, and too little by one part in its room at most', () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 12 }), (stream, room) => {
        const { told, real, all } = count(stream, room);
        expect(told.length).toBeLessThanOrEqual(room);
        for (const { value, count } of told) {
          expect(count).toBeGreaterThanOrEqual(1);
          expect(count).toBeLessThanOrEqual(real.get(value) ?? 0);
          expect((real.get(value) ?? 0) - count).toBeLessThanOrEqual(all / room);
        }
      }),
    );
  });

  it('misses nobody who has more than one part in its room', () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 12 }), (stream, room) => {
        const { told, real, all } = count(stream, room);
        for (const [key, much] of real)
          if (much > all / room) expect(told.map(({ value }) => value)).toContain(key);
      }),
    );
  });

  it('tells the same whenever the same comes, and as few as it is asked for', () => {
    const stream = Array.from({ length: 1_000 }, (_, n) => ({ key: String((n * 7_919) % 613), by: 1 }));
    expect(count(stream, 16).told).toEqual(count(stream, 16).told);
    const busiest = new Busiest<string>(16);
    for (const { key } of stream) busiest.add(key, key, 1);
    expect(busiest.most(3)).toHaveLength(3);
  });

  it('begins anew', () => {
    const busiest = new Busiest<string>(1);
    busiest.add('a', 'a', 1_000);
    busiest.clear();
    busiest.add('b', 'b', 1);
    expect(busiest.most(5)).toEqual([{ value: 'b', count: 1 }]);
  });
});
