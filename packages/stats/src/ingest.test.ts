// SPDX-License-Identifier: MIT
import { type CloudEvent, cloudEvent, noSums, type StatsSums } from '@nftoggle/contracts';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  aDenial,
  anEnd,
  anEvent,
  aStart,
  counted,
  ever,
  iso,
  now,
  openRoom,
  type Room,
} from './stats.fixture.ts';
import type { StatsStore } from './stats-store.ts';

const leo = { device: 'console', person: 'leo', country: null };
let room: Room;
let store: StatsStore;

beforeEach(() => {
  room = openRoom();
  store = room.open();
});
afterEach(() => room.close());

function sums(): StatsSums {
  const summary = store.summary(ever);
  if ('error' in summary) throw new Error(summary.message);
  return summary.sums;
}

describe('events', () => {
  it('are given back as they were published', () => {
    const events: CloudEvent[] = [
      aStart({ who: leo }),
      anEnd({ who: leo, active: 12.345, bytes: 7 }),
      aDenial({ address: '2001:db8::66' }),
      counted([{ service: 'ssh', refused: 3, unasked: 4 }]),
      anEvent('ruleset_restored', { damage: 'table_removed' }),
      {
        ...anEvent('wake_started', { device: 'nas', by: 'ssh', deadline: iso(now), expected: null } as never),
        subject: 'nas',
      },
    ];
    for (const event of events.slice(0, 5))
      expect(cloudEvent(event.type).safeParse(event).error).toBeUndefined();
    expect(store.store(events)).toEqual({ stored: 6, known: 0, refused: [] });
    const page = store.events({ limit: 10 });
    expect(page).toEqual({ events: events.toReversed(), next: null });
  });

  it('count once, however often they come', () => {
    const denial = aDenial({ count: 5 });
    expect(store.store([denial, denial])).toMatchObject({ stored: 1, known: 1 });
    expect(store.store([denial])).toMatchObject({ stored: 0, known: 1 });
    expect(sums()).toEqual({ ...noSums, denied: 5 });
    expect(store.kept()).toMatchObject({ events: 1, oldest: now });
  });

  it('count once, those that are new among many that are not', () => {
    const events = Array.from({ length: 100 }, (_, index) => aDenial({ count: index + 1, at: now + index }));
    const [even, odd] = [0, 1].map((rest) => events.filter((_, index) => index % 2 === rest));
    expect(store.store(even ?? [])).toMatchObject({ stored: 50 });
    expect(store.store([...events, ...(odd ?? [])])).toEqual({ stored: 50, known: 100, refused: [] });
    expect(sums()).toEqual({ ...noSums, denied: 5_050 });
    expect(store.kept().events).toBe(100);
    expect(store.events({ limit: 500 })).toMatchObject({ events: events.toReversed() });
  });

  it('count once over a restart', () => {
    const events = [aDenial(), aStart(), anEnd({ active: 3 })];
    store.store(events);
    store.close();
    store = room.open();
    expect(store.store(events)).toMatchObject({ stored: 0, known: 3 });
    expect(sums()).toEqual({ ...noSums, sessions: 1, active: 3, denied: 1 });
  });

  it('count once after they were let go, for as long as the stream could bring them again', async () => {
    let clock = now;
    const late = room.file.replace('stats.db', 'late.db');
    store = room.open({ file: late, clock: () => clock });
    const denial = aDenial({ at: now - 300 * 86_400_000 });
    store.store([denial]);
    await store.tidy();
    expect(store.kept().events).toBe(0);
    clock += 7 * 86_400_000;
    await store.tidy();
    expect(store.store([denial])).toMatchObject({ stored: 0, known: 1 });
    expect(sums().denied).toBe(1);
  });
});

describe('sessions', () => {
  const use = { active: 60.5, bytes: 1_000, connections: 2 };
  const expected = {
    ...noSums,
    sessions: 1,
    active: 60.5,
    connections: 2,
    bytes_in: 1_000,
    bytes_out: 2_000,
  };

  it.each([
    ['start and end', () => [[aStart(), anEnd(use)]]],
    ['end before start', () => [[anEnd(use), aStart()]]],
    ['in batches of their own', () => [[aStart()], [anEnd(use)]]],
    ['in batches of their own, the end first', () => [[anEnd(use)], [aStart()]]],
    ['an end without a start', () => [[anEnd(use)]]],
    [
      'published twice with other ids',
      () => [
        [aStart(), anEnd(use)],
        [aStart(), anEnd(use)],
      ],
    ],
  ])('count once: %s', (_, batches) => {
    for (const batch of batches()) store.store(batch);
    expect(sums()).toEqual(expected);
    expect(store.sessions({ ...ever, limit: 10 })).toMatchObject({
      sessions: [{ session: 'abcdefghij', service: 'ssh', reason: 'idle', use: { active: 60.5 } }],
    });
  });

  it('live until their end is known', () => {
    store.store([aStart({ who: leo })]);
    expect(store.sessions({ ...ever, limit: 10 })).toEqual({
      sessions: [
        {
          session: 'abcdefghij',
          service: 'ssh',
          address: '192.168.1.7',
          mac: null,
          who: leo,
          rule: 'services.ssh.allow[0]',
          since: iso(now),
          ended: null,
          reason: null,
          use: null,
        },
      ],
      next: null,
    });
  });

  it('began when their end says, whatever their start said', () => {
    store.store([aStart({ since: now }), anEnd({ since: now - 5_000, ended: now + 1_000 })]);
    expect(store.sessions({ ...ever, limit: 10 })).toMatchObject({
      sessions: [{ since: iso(now - 5_000), ended: iso(now + 1_000) }],
    });
    const before = { from: iso(now - 6_000), to: iso(now - 1), limit: 10 };
    expect(store.sessions(before)).toMatchObject({ sessions: [{}] });
    expect(store.sessions({ ...before, service: 'ssh' })).toMatchObject({ sessions: [{}] });
  });

  it('count without traffic where the kernel does not measure it', () => {
    const { data, ...rest } = anEnd({ active: 5 });
    store.store([{ ...rest, data: { ...data, use: { ...data.use, from_source: null, to_source: null } } }]);
    expect(sums()).toEqual({ ...noSums, sessions: 1, active: 5 });
    expect(store.sessions({ ...ever, limit: 1 })).toMatchObject({
      sessions: [{ use: { from_source: null, to_source: null } }],
    });
  });
});

describe('refusals', () => {
  it('that are told of by number alone count for their service, and for the sources that are named', () => {
    store.store([
      counted(
        [
          { service: 'ssh', refused: 30, unasked: 400 },
          { service: 'plex', refused: 0, unasked: 1 },
        ],
        [{ address: '203.0.113.9', service: 'ssh', count: 20 }],
      ),
    ]);
    expect(store.summary(ever)).toMatchObject({
      sums: { denied: 30, unasked: 401 },
      services: [
        { service: 'ssh', denied: 30, unasked: 400 },
        { service: 'plex', denied: 0, unasked: 1 },
      ],
      people: [{ person: null, denied: 30 }],
      countries: [{ country: null, denied: 30, unasked: 401 }],
      sources: [{ address: '203.0.113.9', device: null, denied: 20 }],
    });
  });
});

describe('what is published', () => {
  const evil = `'; DROP TABLE event; -- " \` \\ \0 \n %s \u202e`;

  it('is data, whatever it looks like', () => {
    const events = [
      aDenial({ rule: evil }),
      anEvent('config_refused', { daemon: evil, revision: '0123456789ab', problem: evil }),
      { ...aStart({ who: { device: evil, person: evil, country: evil } }), source: evil, subject: evil },
    ];
    store.store(events);
    expect(store.events({ limit: 10 })).toMatchObject({ events: events.toReversed() });
    expect(store.denials({ ...ever, limit: 10 })).toMatchObject({ denials: [{ rule: evil }] });
    expect(store.summary({ ...ever, person: evil as never })).toMatchObject({ sums: { sessions: 1 } });
    expect(store.events({ limit: 10, service: evil as never })).toMatchObject({ error: 'unknown_service' });
    expect(store.sessions({ ...ever, limit: 10, source: evil })).toMatchObject({ sessions: [{}] });
    expect(store.events({ limit: 10, after: evil })).toMatchObject({ error: 'unknown_name' });
  });

  it('is the same word after a restart, even one that UTF-8 cannot say', () => {
    const country = 'half \ud800 of a pair';
    const denial = () => aDenial({ who: { ...leo, country } });
    expect(store.store([denial()])).toMatchObject({ stored: 1, refused: [] });
    store.close();
    store = room.open();
    expect(store.store([denial()])).toEqual({ stored: 1, known: 0, refused: [] });
    expect(sums().denied).toBe(2);
    expect(store.summary(ever)).toMatchObject({
      countries: [{ country: 'half \ufffd of a pair', denied: 2 }],
    });
  });

  it('cannot hold up the rest: what no table takes is refused alone', () => {
    const broken = { ...aDenial(), data: { ...aDenial().data, count: 0.5 } };
    const { refused, ...rest } = store.store([aDenial(), broken, aDenial({ address: '203.0.113.7' })]);
    expect(rest).toEqual({ stored: 2, known: 0 });
    expect(refused).toMatchObject([{ event: broken, problem: expect.stringContaining('REAL') }]);
    expect(sums().denied).toBe(2);
    expect(store.kept().events).toBe(2);
  });

  it('is to be read by other programs meanwhile', () => {
    store.store([aStart({ who: leo }), anEnd({ who: leo, active: 90 }), aDenial()]);
    const reader = new Database(room.file, { readonly: true });
    try {
      expect(reader.prepare('SELECT id, type, service FROM events').all()).toHaveLength(3);
      expect(reader.prepare('SELECT day, service, person, active FROM days ORDER BY person').all()).toEqual([
        { day: '2026-11-23', service: 'ssh', person: null, active: 0 },
        { day: '2026-11-23', service: 'ssh', person: 'leo', active: 90 },
      ]);
      expect(reader.prepare('SELECT hour, denied FROM hours WHERE person IS NULL').all()).toEqual([
        { hour: '2026-11-23T12:00:00Z', denied: 1 },
      ]);
      expect(reader.prepare('SELECT id, person, since, reason FROM sessions').all()).toEqual([
        { id: 'abcdefghij', person: 'leo', since: iso(now), reason: 'idle' },
      ]);
      expect(store.store([aDenial()])).toMatchObject({ stored: 1 });
    } finally {
      reader.close();
    }
  });
});
