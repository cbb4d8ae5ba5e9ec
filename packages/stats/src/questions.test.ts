// SPDX-License-Identifier: MIT
import type { CloudEvent, ReplyOf, StatsSummary } from '@nftoggle/contracts';
import { requests } from '@nftoggle/contracts';
import { aConfig } from '@nftoggle/testkit';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { denialsSql } from './query-denials.ts';
import { eventsSql } from './query-events.ts';
import { seriesStatements } from './query-series.ts';
import { sessionsSql } from './query-sessions.ts';
import { summaryStatements } from './query-summary.ts';
import {
  aDenial,
  anEnd,
  anEvent,
  aStart,
  config,
  counted,
  ever,
  iso,
  now,
  openRoom,
  type Room,
} from './stats.fixture.ts';
import type { StatsStore } from './stats-store.ts';

const leo = { device: 'console', person: 'leo', country: null };
const anna = { device: 'phone', person: 'anna', country: 'FR' };
const dayMs = 86_400_000;
let room: Room;
let store: StatsStore;

beforeEach(() => {
  room = openRoom();
  store = room.open();
});
afterEach(() => room.close());

function summaryOf(scope: Parameters<StatsStore['summary']>[0]): StatsSummary {
  const summary = store.summary(scope);
  if ('error' in summary) throw new Error(summary.message);
  return summary;
}

describe('a summary', () => {
  it('is by whole hours, and says which', () => {
    store.store([
      aDenial({ at: now - 1 }),
      aDenial({ at: now, count: 2 }),
      aDenial({ at: now + 3_600_000, count: 4 }),
    ]);
    const summary = summaryOf({ from: iso(now + 60_000), to: iso(now + 120_000) });
    expect(summary).toMatchObject({ from: iso(now), to: iso(now + 3_600_000), timezone: 'Europe/Berlin' });
    expect(summary.sums.denied).toBe(2);
    expect(requests.statsSummary.reply.parse(summary)).toEqual(summary);
  });

  it.each([
    ['sums', 95],
    ['sources', 20],
    ['countries', 95],
  ] as const)(
    'of spans next to each other has all %s once, also where hours are kept no longer',
    (list, later) => {
      let clock = now;
      store = room.open({ file: `${room.file}.2`, clock: () => clock });
      const events = Array.from({ length: 24 * 10 }, (_, hour) =>
        aDenial({ at: now - 10 * dayMs + hour * 3_600_000 }),
      );
      store.store(events);
      clock += later * dayMs;
      for (const hours of [7, 24, 50]) {
        let sum = 0;
        for (let from = now - 11 * dayMs; from < now + dayMs; from += hours * 3_600_000) {
          const summary = summaryOf({ from: iso(from), to: iso(from + hours * 3_600_000) });
          sum += list === 'sums' ? summary.sums.denied : (summary[list][0]?.denied ?? 0);
        }
        expect(sum).toBe(events.length);
      }
    },
  );

  it('has 50 rows in each list, those that were refused most and those with most use among them', () => {
    const used = Array.from({ length: 60 }, (_, index) =>
      anEnd({
        session: `session${index}000`,
        address: `192.168.1.${index}`,
        who: leo,
        active: 1_000 + index,
      }),
    );
    const refused = Array.from({ length: 60 }, (_, index) =>
      aDenial({ address: `203.0.113.${index}`, count: 1 + index }),
    );
    store.store([...used, ...refused]);
    const { sources } = summaryOf(ever);
    expect(sources).toHaveLength(50);
    expect(sources[0]).toMatchObject({ address: '192.168.1.59', device: 'console', active: 1_059 });
    expect(sources[49]).toMatchObject({ address: '203.0.113.35', denied: 36 });
    expect(sources[25]).toMatchObject({ address: '203.0.113.59', denied: 60 });
  });

  it('of a service or a person that nothing is known of is empty; a name that nobody has is refused', () => {
    expect(summaryOf({ ...ever, service: 'ssh', person: 'leo' })).toMatchObject({
      services: [],
      people: [],
      days: [],
    });
    expect(store.summary({ ...ever, service: 'shh' })).toEqual({
      error: 'unknown_service',
      message: 'There is no service "shh". Did you mean "ssh"?',
    });
    expect(store.summary({ ...ever, person: 'nobody' })).toMatchObject({ error: 'unknown_person' });
  });

  it('refuses a span that ends before it begins, and one of more days than fit', () => {
    expect(store.summary({ from: iso(now), to: iso(now) })).toMatchObject({ error: 'wrong_time' });
    const days = Array.from({ length: 1_101 }, (_, day) => aDenial({ at: now - day * dayMs }));
    store.store(days);
    expect(store.summary(ever)).toMatchObject({ error: 'too_many' });
    const some = summaryOf({ from: iso(now - 1_000 * dayMs), to: iso(now) });
    expect(some.days.length).toBeGreaterThan(998);
    expect(JSON.stringify(some).length).toBeLessThan(200_000);
  });

  it('names days by the time zone of the configuration, and keeps the old ones when that changes', () => {
    store.store([aDenial({ at: Date.parse('2026-11-20T23:30:00Z') })]);
    store.configure({ ...config, timezone: 'America/New_York' });
    store.store([aDenial({ at: Date.parse('2026-11-22T03:30:00Z') })]);
    expect(summaryOf({ from: '2026-11-01T05:00:00Z', to: '2026-11-23T12:00:00Z' }).days).toMatchObject([
      { day: '2026-11-21', denied: 2 },
    ]);
  });
});

describe('a series', () => {
  it.each([
    ['minute', ['2026-11-23T11:59:00.000Z', '2026-11-23T12:00:00.000Z']],
    ['hour', ['2026-11-23T11:00:00.000Z', '2026-11-23T12:00:00.000Z']],
    ['day', ['2026-11-22T23:00:00.000Z']],
  ] as const)('by the %s has a point for each in which something happened', (step, expected) => {
    store.store([
      aDenial({ at: now - 1 }),
      aDenial({ at: now }),
      aDenial({ at: now + 1_000, service: 'plex' }),
    ]);
    const series = store.series({ ...ever, step });
    expect(requests.statsSeries.reply.parse(series)).toEqual(series);
    expect('points' in series && series.points.map(({ at }) => at)).toEqual(expected);
    expect(store.series({ ...ever, step, service: 'plex' })).toMatchObject({ points: [{ denied: 1 }] });
  });

  it('has 1,000 points at most', () => {
    store.store(Array.from({ length: 1_001 }, (_, hour) => aDenial({ at: now - hour * 3_600_000 })));
    expect(store.series({ ...ever, step: 'hour' })).toMatchObject({ error: 'too_many' });
    expect(store.series({ from: iso(now - 100 * 3_600_000), to: iso(now), step: 'hour' })).toMatchObject({
      points: { length: 100 },
    });
  });
});

describe('lists', () => {
  type List = 'sessions' | 'denials' | 'events';
  const ids = (list: List, page: object): readonly unknown[] => {
    const rows = (page as Record<List, readonly Record<string, unknown>[]>)[list];
    return rows.map(({ session, address, first, id }) => id ?? session ?? `${address} ${first}`);
  };
  const ask = (list: List, wish: object): ReplyOf<'statsEvents'> & object =>
    store[list]({ ...ever, limit: 100, ...wish }) as ReplyOf<'statsEvents'> & object;

  function walk(list: List, wish: object, meanwhile: () => void = () => undefined): readonly unknown[] {
    const all: unknown[] = [];
    let after: string | null | undefined;
    do {
      const page = ask(list, { ...wish, ...(after === undefined ? {} : { after }) });
      if ('error' in page) throw new Error(JSON.stringify(page));
      expect(after?.length ?? 0).toBeLessThanOrEqual(64);
      all.push(...ids(list, page));
      after = page.next;
      meanwhile();
    } while (after !== null);
    return all;
  }

  const mixed = (count: number): readonly CloudEvent[] =>
    Array.from({ length: count }, (_, index) => {
      // Some at the same millisecond.
      const at = now - Math.floor(index / 3) * 40_000_000;
      const service = ['ssh', 'plex'][index % 2] ?? 'ssh';
      const who = [leo, anna, { device: null, person: null, country: null }][index % 3] ?? leo;
      const address = ['192.168.1.7', '2001:db8::1'][index % 2] ?? '';
      if (index % 5 === 0) return anEvent('ruleset_restored', { damage: 'table_removed' }, at);
      if (index % 5 < 3) return aDenial({ at, service, who, address });
      return aStart({
        session: `session${index.toString().padStart(6, '0')}`,
        since: at,
        service,
        who,
        address,
      });
    });

  it.each([
    ['events', {}],
    ['events', { types: ['access_denied', 'ruleset_restored', 'nonsense', 'access_denied'] }],
    ['events', { service: 'ssh' }],
    ['events', { service: 'ssh', types: ['session_started'] }],
    ['sessions', {}],
    ['sessions', { service: 'ssh' }],
    ['sessions', { person: 'leo' }],
    ['sessions', { source: '2001:DB8::1' }],
    ['sessions', { source: 'console', service: 'ssh', person: 'leo' }],
    ['denials', {}],
    ['denials', { service: 'plex' }],
    ['denials', { person: 'anna', service: 'plex' }],
    ['denials', { source: '192.168.1.7' }],
    ['denials', { source: '192.168.1.7', service: 'ssh', person: 'leo' }],
    ['denials', { source: 'phone' }],
  ] as const)('of %s %o are complete in pages of any size, newest first', (list, wish) => {
    const events = mixed(300);
    store.store(events);
    const whole = walk(list, { ...wish, limit: 500 });
    expect(whole.length).toBeGreaterThan(9);
    expect(new Set(whole).size).toBe(whole.length);
    for (const limit of [1, 7, 100]) expect(walk(list, { ...wish, limit })).toEqual(whole);
    const half = { ...wish, to: iso(now - 2_000_000_000) };
    const newer = walk(list, { ...wish, from: iso(now - 2_000_000_000) });
    expect([...newer, ...walk(list, half)]).toEqual(whole);
  });

  it('have what the filters say and nothing else', () => {
    const events = mixed(300);
    store.store(events);
    const wanted = events
      .filter(({ type, data }) => {
        const { service, who } = data as { service?: string; who?: { person: string | null } };
        return type === 'access_denied' && service === 'plex' && who?.person === 'anna';
      })
      .map(
        ({ data }) =>
          `${(data as { source: { address: string } }).source.address} ${(data as { first: string }).first}`,
      );
    expect(walk('denials', { service: 'plex', person: 'anna' }).toSorted()).toEqual(wanted.toSorted());
  });

  it('stay as they are while new rows come', () => {
    store.store(mixed(50));
    const before = walk('events', {});
    let arrivals = 0;
    const seen = walk('events', { limit: 7 }, () => {
      arrivals += 1;
      store.store([aDenial({ at: now + arrivals })]);
    });
    expect(seen).toEqual(before);
  });

  it('are cut so that a page fits into a message, and go on behind the cut', () => {
    const problem = 'x'.repeat(60_000);
    const events = Array.from({ length: 10 }, (_, index) =>
      anEvent('config_refused', { daemon: 'policy', revision: '0123456789ab', problem }, now - index),
    );
    store.store(events);
    const page = ask('events', {});
    expect(ids('events', page)).toHaveLength(2);
    expect(JSON.stringify(page).length).toBeLessThan(200_000);
    expect(walk('events', {})).toHaveLength(10);
  });

  it('have one row at least, however large it is', () => {
    const problem = 'x'.repeat(190_000);
    store.store(
      [0, 1].map((index) =>
        anEvent('config_refused', { daemon: 'policy', revision: '0123456789ab', problem }, now - index),
      ),
    );
    expect(walk('events', {})).toHaveLength(2);
  });

  it('refuse what is no source and no cursor', () => {
    expect(ask('sessions', { source: 'toaster' })).toMatchObject({ error: 'unknown_source' });
    expect(ask('denials', { source: '192.168.1.0/24' })).toMatchObject({ error: 'unknown_source' });
    expect(ask('sessions', { source: 'console' })).toMatchObject({ sessions: [] });
    for (const after of ['', 'x', '1.2.3', '-'])
      expect(ask('events', { after })).toMatchObject({ error: 'unknown_name' });
    expect(ask('events', { from: iso(now), to: iso(now) })).toMatchObject({ error: 'wrong_time' });
  });

  it('are answers of the promised shape', () => {
    store.store([...mixed(20), anEnd({ session: 'session000003', active: 5.25 }), counted([])]);
    const questions = { sessions: 'statsSessions', denials: 'statsDenials', events: 'statsEvents' } as const;
    for (const [list, name] of Object.entries(questions)) {
      const reply = ask(list as List, {});
      expect(requests[name].reply.parse(reply)).toEqual(reply);
    }
  });
});

describe('how questions are answered', () => {
  function plan(sql: string): string {
    const database = new Database(room.file, { readonly: true });
    const words = [
      'hours',
      'days',
      'keys',
      'step',
      'person',
      'service',
      'from',
      'to',
      'time',
      'seq',
      'limit',
      'type',
    ];
    const values = Object.fromEntries([...words, 'address', 'device', 'day'].map((word) => [word, '[]']));
    try {
      const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(values) as { readonly detail: string }[];
      return rows.map(({ detail }) => detail).join('\n');
    } finally {
      database.close();
    }
  }

  it.each([...summaryStatements, ...seriesStatements])(
    'a dashboard looks rows of sums up, and no event: %#',
    (sql) => {
      expect(plan(sql)).not.toMatch(/SCAN (?!keys|json_each)|\bevent\b|\bsession\b/);
      expect(plan(sql)).toMatch(/SEARCH \w*sums USING PRIMARY KEY \(step=\? AND at=\? AND person=\?/);
    },
  );

  const scopes = [undefined, 1].flatMap((service) =>
    [0, 1].map((person) => ({ service: service ?? 0, person })),
  );
  const sources = [null, { column: 'address', value: '' }, { column: 'device', value: 1 }] as const;
  const filters = scopes.flatMap((scope) =>
    sources.map((source) => ({ scope: { ...scope, span: { from: 0, to: 1 } }, source })),
  );

  it('lists come from an index in their order, whatever they are filtered by', () => {
    const lists = [...filters.map(sessionsSql), ...filters.map(denialsSql), ...Object.values(eventsSql)];
    for (const sql of lists) expect(plan(sql)).toMatch(/^SEARCH (event|session) USING INDEX \w+ \(.*\)$/);
  });
});

it('names of the configuration are known before anything was stored of them', () => {
  const other = aConfig('version: 1\nservices: { nas: { ports: [445/tcp] } }\n');
  store.configure({ ...other, timezone: 'UTC' });
  expect(summaryOf({ ...ever, service: 'nas' })).toMatchObject({ timezone: 'UTC', services: [] });
});
