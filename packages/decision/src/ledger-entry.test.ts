// SPDX-License-Identifier: MIT
import { LedgerEntry } from '@nftoggle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charge, withBonus } from './ledger-entry.ts';

const today = '2026-02-19';
const meter = '00000000-0000-4000-8000-000000000001';
const other = '00000000-0000-4000-8000-000000000002';
const used = (milliseconds: number, day = today) => [{ day, used: milliseconds }];

function dateAfter(days: number): string {
  return new Date(Date.parse('2026-01-01') + days * 86_400_000).toISOString().slice(0, 10);
}

describe('a charge', () => {
  it('begins an entry', () => {
    expect(charge(undefined, meter, 1, used(500))).toEqual({
      days: { [today]: { used: 500, bonus: 0 } },
      meters: { [meter]: 1 },
    });
  });

  it('adds to what was used, and leaves the bonus alone', () => {
    const before = withBonus(charge(undefined, meter, 1, used(500)) ?? undefined, today, 60_000);
    expect(charge(before, meter, 2, used(700))?.days).toEqual({ [today]: { used: 1_200, bonus: 60_000 } });
  });

  it('is made once, however often it is asked for', () => {
    const entry = charge(undefined, meter, 7, used(500)) ?? undefined;
    expect(charge(entry, meter, 7, used(500))).toBeNull();
    expect(charge(entry, meter, 6, used(500))).toBeNull();
    expect(charge(entry, other, 7, used(500))?.days).toEqual({ [today]: { used: 1_000, bonus: 0 } });
  });

  it('of nothing is remembered, so that it stays nothing', () => {
    expect(charge(undefined, meter, 1, [])).toEqual({ days: {}, meters: { [meter]: 1 } });
    expect(charge(undefined, meter, 1, used(0))).toEqual({ days: {}, meters: { [meter]: 1 } });
  });

  it('may be of several days, and of one day twice', () => {
    const charges = [...used(100, '2026-02-18'), ...used(200), ...used(50)];
    expect(charge(undefined, meter, 1, charges)?.days).toEqual({
      '2026-02-18': { used: 100, bonus: 0 },
      [today]: { used: 250, bonus: 0 },
    });
  });

  it('leaves the entry that it was given as it was', () => {
    const before = charge(undefined, meter, 1, used(500)) ?? undefined;
    const copy = structuredClone(before);
    charge(before, meter, 2, used(500));
    withBonus(before, today, 1_000);
    expect(before).toEqual(copy);
  });
});

describe('a bonus', () => {
  it('adds up, and may take away', () => {
    const once = withBonus(undefined, today, 600_000);
    expect(withBonus(once, today, -900_000).days).toEqual({ [today]: { used: 0, bonus: -300_000 } });
  });

  it('keeps what meters were charged', () => {
    const entry = withBonus(charge(undefined, meter, 3, used(500)) ?? undefined, today, 1);
    expect(charge(entry, meter, 3, used(500))).toBeNull();
  });
});

describe('an entry', () => {
  it('keeps the newest 62 days, in whatever order they were charged', () => {
    let entry: LedgerEntry | undefined;
    for (let n = 0; n < 100; n += 1)
      entry = charge(entry, meter, n + 1, used(1, dateAfter((n * 37) % 100))) ?? entry;
    expect(Object.keys(entry?.days ?? {})).toEqual(Array.from({ length: 62 }, (_, n) => dateAfter(38 + n)));
  });

  it('keeps the 8 meters that were charged last, also when it was stored in between', () => {
    const life = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
    let entry: LedgerEntry | undefined;
    const store = (next: LedgerEntry | null) => {
      entry = LedgerEntry.parse(JSON.parse(JSON.stringify(next)));
    };
    for (let n = 20; n > 10; n -= 1) store(charge(entry, life(n), 1, used(1)));
    store(charge(entry, life(18), 2, used(1)));
    store(charge(entry, life(99), 1, used(1)));
    expect(Object.keys(entry?.meters ?? {})).toEqual([16, 15, 14, 13, 12, 11, 18, 99].map(life));
  });

  it('is one that the store takes', () => {
    const entry = withBonus(charge(undefined, meter, 1, used(500)) ?? undefined, today, -5);
    expect(LedgerEntry.parse(entry)).toEqual(entry);
  });
});

describe('charges of several meters', () => {
  const meters = [meter, other, '00000000-0000-4000-8000-000000000003'];
  const charges = fc.array(
    fc.record({
      day: fc.integer({ min: 0, max: 90 }).map(dateAfter),
      used: fc.integer({ min: 0, max: 1_000 }),
    }),
    { maxLength: 3 },
  );
  /** What each meter sends, in its order; which of them goes next; which request is repeated. */
  const sent = fc.record({
    requests: fc.array(fc.record({ meter: fc.constantFrom(...meters), charges }), { maxLength: 30 }),
    repeats: fc.array(fc.nat({ max: 40 }), { maxLength: 30 }),
    order: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  });

  function numbered(requests: readonly { meter: string; charges: { day: string; used: number }[] }[]) {
    const last = new Map<string, number>();
    return requests.map((request) => {
      const sequence = (last.get(request.meter) ?? 0) + 1;
      last.set(request.meter, sequence);
      return { ...request, sequence };
    });
  }

  function book(requests: ReturnType<typeof numbered>): LedgerEntry | undefined {
    let entry: LedgerEntry | undefined;
    for (const request of requests) {
      entry = charge(entry, request.meter, request.sequence, request.charges) ?? entry;
    }
    return entry;
  }

  /** The same requests, each meter's own in their order, otherwise mixed anew. */
  function mixed(
    requests: ReturnType<typeof numbered>,
    order: readonly number[],
  ): ReturnType<typeof numbered> {
    const queues = meters.map((each) => requests.filter((request) => request.meter === each));
    return requests.flatMap((_, index) => {
      const waiting = queues.filter((queue) => queue.length > 0);
      return waiting[(order[index] ?? 0) % waiting.length]?.splice(0, 1) ?? [];
    });
  }

  it('come to the same use in whatever order they arrive', () => {
    fc.assert(
      fc.property(sent, ({ requests, order }) => {
        const list = numbered(requests);
        expect(book(mixed(list, order))?.days).toEqual(book(list)?.days);
      }),
    );
  });

  it('change nothing when they arrive again', () => {
    fc.assert(
      fc.property(sent, ({ requests, repeats }) => {
        const list = numbered(requests);
        const again = list.flatMap((request, index) => [
          request,
          // Any request so far, repeated late.
          ...list.slice(0, index + 1).filter((_, n) => repeats[n] === index || n === index),
        ]);
        expect(book(again)).toEqual(book(list));
      }),
    );
  });

  it('lose nothing of the days that are kept', () => {
    fc.assert(
      fc.property(sent, ({ requests }) => {
        const days = book(numbered(requests))?.days ?? {};
        for (const [day, booking] of Object.entries(days)) {
          const all = requests.flatMap((request) => request.charges).filter((each) => each.day === day);
          expect(booking.used).toBe(all.reduce((sum, each) => sum + each.used, 0));
        }
      }),
    );
  });
});
