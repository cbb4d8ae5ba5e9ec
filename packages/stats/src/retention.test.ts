// SPDX-License-Identifier: MIT
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDenial, anEnd, aStart, config, ever, now, openRoom, type Room } from './stats.fixture.ts';
import type { StatsStore } from './stats-store.ts';

const dayMs = 86_400_000;
let room: Room;
let clock: number;

beforeEach(() => {
  room = openRoom();
  clock = now;
});
afterEach(() => room.close());

const open = (keepDays: number, maxBytes: number): StatsStore =>
  room.open({ clock: () => clock, config: limits(keepDays, maxBytes) });
const limits = (keepDays: number, maxBytes: number) => ({
  ...config,
  stats: { keep: keepDays * 86_400, maxBytes },
});
const large = 2 ** 30;

/** `count` refusals of as many sources, evenly over the days before now, oldest first. */
function refusals(count: number, days: number) {
  return Array.from({ length: count }, (_, index) =>
    aDenial({
      at: now - days * dayMs + Math.floor((index / count) * days * dayMs),
      address: `198.51.${index >> 8}.${index & 255}`,
    }),
  );
}

async function tidyAll(store: StatsStore): Promise<void> {
  for (let run = 0; run < 20; run += 1) await store.tidy();
}

function count(table: string, where = '1'): number {
  const reader = new Database(room.file, { readonly: true });
  try {
    return reader.prepare(`SELECT count(*) FROM ${table} WHERE ${where}`).pluck().get() as number;
  } finally {
    reader.close();
  }
}

describe('by age', () => {
  it('events, sessions and sources go, sums by day stay, and the file shrinks', async () => {
    const store = open(10, large);
    store.store(refusals(20_000, 30));
    store.store([
      aStart({ session: 'longagoend', since: now - 20 * dayMs }),
      anEnd({ session: 'longagoend', since: now - 20 * dayMs, ended: now - 19 * dayMs, active: 5 }),
      aStart({ session: 'stillalive', since: now - 20 * dayMs }),
    ]);
    const before = store.kept();
    await tidyAll(store);
    const after = store.kept();
    expect(after.events).toBeLessThan(before.events * 0.4);
    expect(after.oldest).toBeGreaterThanOrEqual(now - 10 * dayMs);
    expect(after.bytes).toBeLessThan(before.bytes * 0.7);
    expect(count('event')).toBe(after.events);
    expect(store.summary(ever)).toMatchObject({ sums: { denied: 20_000, sessions: 2, active: 5 } });
    expect(store.sessions({ ...ever, limit: 10 })).toMatchObject({ sessions: [{ session: 'stillalive' }] });
    expect(count('source_sums', `step = 3 AND at < ${Math.floor((now - 11 * dayMs) / dayMs)}`)).toBe(0);
    expect(count('source_sums', 'step = 2')).toBeGreaterThan(0);
  });

  it('minutes go after two days, hours after 92, ids when the stream has them no more', async () => {
    const store = open(3_650, large);
    store.store(refusals(500, 1));
    expect(count('sums', 'step = 1')).toBeGreaterThan(0);
    clock += 3 * dayMs;
    await store.tidy();
    expect(count('sums', 'step = 1')).toBe(0);
    expect(count('sums', 'step = 2')).toBeGreaterThan(0);
    clock += 92 * dayMs;
    await store.tidy();
    expect(count('sums', 'step = 2')).toBe(0);
    expect(count('country_sums', 'step = 2')).toBe(0);
    expect(store.summary(ever)).toMatchObject({ sums: { denied: 500 }, services: [{ denied: 500 }] });

    store.configure(limits(1, large));
    store.store([aDenial({ at: now })]);
    await store.tidy();
    expect(count('event')).toBe(0);
    expect(count('forgotten')).toBe(1);
    clock += 9 * dayMs;
    await store.tidy();
    expect(count('forgotten')).toBe(0);
  });

  it('a session that began before and ends after its time is counted once', async () => {
    const store = open(1, large);
    store.store([aStart({ since: now })]);
    clock += 30 * dayMs;
    await store.tidy();
    store.store([anEnd({ since: now, ended: clock, active: 60 })]);
    expect(store.summary(ever)).toMatchObject({ sums: { sessions: 1, active: 60 } });
  });
});

describe('by size', () => {
  it('the oldest events go until the file is as small as it has to be, and the newest stay', async () => {
    const store = open(3_650, large);
    store.store(refusals(60_000, 30));
    const limit = Math.floor(store.kept().bytes / 2);
    store.configure(limits(3_650, limit));
    await tidyAll(store);
    const after = store.kept();
    expect(after.bytes).toBeLessThanOrEqual(limit + 4 * 1024 * 1024);
    expect(after.events).toBeGreaterThan(5_000);
    expect(after.events).toBe(count('event'));
    expect(store.events({ limit: 1 })).toMatchObject({
      events: [{ time: new Date(now - 43_200).toISOString() }],
    });
    expect(store.summary(ever)).toMatchObject({ sums: { denied: 60_000 } });
  });

  it('a run has a bound, and lets others have their turn', async () => {
    const store = open(1, large);
    store.store(refusals(45_000, 30).filter((_, index) => index < 43_500));
    await store.tidy();
    await store.tidy();
    expect(store.kept().events).toBeGreaterThan(0);
    const stored: number[] = [];
    const run = store.tidy();
    setImmediate(() => stored.push(store.store([aDenial()]).stored));
    await run;
    expect(stored).toEqual([1]);
  });

  it('sums by the hour and by source go when no event is left, and it says when nothing helps', async () => {
    const store = open(3_650, large);
    store.store(refusals(2_000, 20));
    store.configure(limits(3_650, 100_000));
    expect(await store.tidy()).toBe(false);
    expect(store.kept().events).toBe(0);
    expect(count('source_sums')).toBe(0);
    expect(count('sums', 'step = 3')).toBeGreaterThan(0);
    expect(store.summary(ever)).toMatchObject({ sums: { denied: expect.any(Number) } });
  });
});

describe('the log', () => {
  it('is written back and emptied, or stays for the next time while somebody reads what is before it', async () => {
    const store = open(90, large);
    store.store(refusals(100, 1));
    const reader = new Database(room.file, { readonly: true });
    reader.exec('BEGIN; SELECT count(*) FROM event');
    store.store([aDenial()]);
    expect(await store.tidy()).toBe(true);
    expect(statSync(`${room.file}-wal`).size).toBeGreaterThan(0);
    reader.exec('COMMIT');
    expect(await store.tidy()).toBe(true);
    expect(statSync(`${room.file}-wal`).size).toBe(0);
    reader.close();
    expect(count('event')).toBe(101);
  });
});

describe('sources', () => {
  it('without end do not make the tables grow without end, and those that are met most stay', () => {
    const store = open(90, large);
    for (let round = 0; round < 20; round += 1) {
      const strangers = Array.from({ length: 2_000 }, (_, index) =>
        aDenial({ address: `2001:db8:${round}::${index.toString(16)}`, at: now + round }),
      );
      store.store([...strangers, aDenial({ address: '203.0.113.66', count: 50 })]);
    }
    expect(count('source_sums')).toBeLessThan(1_000);
    const summary = store.summary(ever);
    if ('error' in summary) throw new Error(summary.message);
    expect(summary.sources).toHaveLength(50);
    expect(summary.sources[0]).toMatchObject({ address: '203.0.113.66', denied: 1_000 });
    expect(summary.sums.denied).toBe(41_000);
    const reader = new Database(room.file, { readonly: true });
    const day = 'SELECT sum(denied) FROM source_sums WHERE step = 3 AND service = 0 AND person = 0';
    expect(reader.prepare(day).pluck().get()).toBe(41_000);
    reader.close();
  });

  it('that are met more take the place of those that are met less, and all are counted once', () => {
    const store = open(90, large);
    const counts = [1, 2, 3, 4, 5];
    for (const each of counts) {
      const address = (index: number): string => `2001:db8:${each}::${index.toString(16)}`;
      store.store(
        Array.from({ length: 300 }, (_, index) => aDenial({ address: address(index), count: each })),
      );
    }
    const summary = store.summary(ever);
    if ('error' in summary) throw new Error(summary.message);
    expect(summary.sources.map(({ denied }) => denied)).toEqual(Array.from({ length: 50 }, () => 5));
    const reader = new Database(room.file, { readonly: true });
    const all = reader
      .prepare('SELECT sum(denied) FROM source_sums GROUP BY step, at, person, service')
      .pluck();
    expect(new Set(all.all())).toEqual(new Set([300 * counts.reduce((a, b) => a + b)]));
    reader.close();
  });
});
