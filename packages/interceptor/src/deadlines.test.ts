// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines } from './deadlines.ts';

const aStep = fc.oneof(
  fc.record({ do: fc.constant('set'), key: fc.nat(9), at: fc.nat(30) }),
  fc.record({ do: fc.constant('discard'), key: fc.nat(9), at: fc.constant(0) }),
  fc.record({ do: fc.constant('take'), key: fc.constant(0), at: fc.nat(30) }),
);

describe('Deadlines', () => {
  it('are what a list of them would be that is looked through each time', () => {
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 200 }), (steps) => {
        const deadlines = new Deadlines();
        const list = new Map<string, number>();
        for (const { do: what, key, at } of steps) {
          if (what === 'set') {
            deadlines.set(`${key}`, at);
            list.set(`${key}`, at);
          } else if (what === 'discard') {
            deadlines.discard(`${key}`);
            list.delete(`${key}`);
          } else {
            const due = [...list].filter(([, each]) => each <= at).map(([each]) => each);
            const taken = deadlines.take(at);
            const times = taken.map((each) => list.get(each) ?? Number.NaN);
            expect(taken.toSorted()).toEqual(due.toSorted());
            expect(times).toEqual(times.toSorted((a, b) => a - b));
            for (const each of due) list.delete(each);
          }
          expect(deadlines.next).toBe(list.size === 0 ? undefined : Math.min(...list.values()));
          expect(deadlines.size).toBe(list.size);
        }
      }),
    );
  });

  it('of sessions that are renewed for ever stay few', () => {
    const deadlines = new Deadlines();
    for (let at = 0; at < 300_000; at++) deadlines.set(`${at % 100}`, at);
    expect(deadlines.take(300_000)).toHaveLength(100);
  });
});
