// SPDX-License-Identifier: MIT
// The sums are what one gets by counting the events: any events, in any order, in any batches, more than once.

import { localDate } from '@nftoggle/config';
import { type CloudEvent, noSums, type StatsSummary, type StatsSums, type Who } from '@nftoggle/contracts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDenial, anEnd, aStart, config, counted, ever, iso, openRoom, type Room } from './stats.fixture.ts';

const hourMs = 3_600_000;
const zone = 'Europe/Berlin';
/** The day on which clocks are put back, and the days around it. */
const base = Date.parse('2026-10-24T00:00:00Z');
const clock = (): number => base + 4 * 24 * hourMs;

let room: Room;
beforeEach(() => {
  room = openRoom();
});
afterEach(() => room.close());

/** What an event adds, by hand. */
interface Part extends StatsSums {
  readonly at: number;
  readonly service: string;
  readonly who: Who;
  readonly address: string | null;
}

interface Story {
  readonly events: readonly CloudEvent[];
  readonly parts: readonly Part[];
}

const instants = fc.integer({ min: 0, max: 3 * 24 * 4 }).map((quarter) => base + quarter * 900_000 + 1_000);
const services = fc.constantFrom('ssh', 'plex', 'minecraft');
const people = fc.constantFrom<Who>(
  { device: null, person: null, country: 'DE' },
  { device: null, person: null, country: null },
  { device: 'console', person: 'leo', country: null },
  { device: 'phone', person: 'anna', country: 'FR' },
);
const addresses = fc.constantFrom('203.0.113.1', '203.0.113.2', '2001:db8::1', '192.168.1.7');

const denials = fc
  .record({
    at: instants,
    service: services,
    who: people,
    address: addresses,
    count: fc.integer({ min: 1, max: 9 }),
  })
  .map((wish): Story => ({ events: [aDenial(wish)], parts: [{ ...noSums, ...wish, denied: wish.count }] }));
const counts = fc
  .record({ at: instants, service: services, refused: fc.nat(9), unasked: fc.nat(9) })
  .map(({ at, service, refused, unasked }): Story => {
    const who = { device: null, person: null, country: null };
    const part = { ...noSums, at, service, who, address: null, denied: refused, unasked };
    return { events: [counted([{ service, refused, unasked }], [], at)], parts: [part] };
  });
const sessions = fc
  .record({
    session: fc.stringMatching(/^[a-z0-9]{12}$/),
    since: instants,
    minutes: fc.option(fc.integer({ min: 0, max: 600 })),
    service: services,
    who: people,
    address: addresses,
    active: fc.integer({ min: 0, max: 600_000 }).map((ms) => ms / 1_000),
    bytes: fc.nat(1e9),
    connections: fc.nat(20),
  })
  .map(({ minutes, ...wish }): Story => {
    const start = { ...noSums, ...wish, active: 0, connections: 0, at: wish.since, sessions: 1 };
    const begun = { events: [aStart(wish)], parts: [start] };
    if (minutes === null) return begun;
    const ended = wish.since + minutes * 60_000;
    const use = {
      active: wish.active,
      connections: wish.connections,
      bytes_in: wish.bytes,
      bytes_out: wish.bytes * 2,
    };
    const end = { ...noSums, ...wish, ...use, at: ended };
    return { events: [...begun.events, anEnd({ ...wish, ended })], parts: [start, end] };
  });

const stories = fc
  .array(fc.oneof(denials, counts, sessions), { minLength: 1, maxLength: 25 })
  // Two sessions do not have the same id.
  .filter((list) => new Set(list.flatMap(sessionIds)).size === list.flatMap(sessionIds).length);

function sessionIds({ events }: Story): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'session_started' ? [JSON.stringify(event.data).slice(0, 60)] : [],
  );
}

function total(parts: readonly Part[]): StatsSums {
  const sum = (name: keyof StatsSums): number => parts.reduce((value, part) => value + part[name], 0);
  return {
    sessions: sum('sessions'),
    active: Math.round(sum('active') * 1_000) / 1_000,
    connections: sum('connections'),
    bytes_in: sum('bytes_in'),
    bytes_out: sum('bytes_out'),
    denied: sum('denied'),
    unasked: sum('unasked'),
  };
}

function by<Key>(parts: readonly Part[], keyOf: (part: Part) => Key): Map<Key, StatsSums> {
  const groups = Map.groupBy(parts, keyOf);
  return new Map([...groups].map(([key, list]) => [key, total(list)]));
}

function listed<Row extends StatsSums>(
  rows: readonly Row[],
  keyOf: (row: Row) => unknown,
): Map<unknown, StatsSums> {
  return new Map(
    rows.map((row) => {
      const { sessions, active, connections, bytes_in, bytes_out, denied, unasked } = row;
      return [keyOf(row), { sessions, active, connections, bytes_in, bytes_out, denied, unasked }];
    }),
  );
}

/** Some of nothing at all may have a row or not. */
function rows(map: ReadonlyMap<unknown, StatsSums>): unknown[] {
  return [...map]
    .filter(([, sums]) => Object.values(sums).some((value) => value !== 0))
    .map(([key, sums]) => JSON.stringify([key, sums]))
    .sort();
}

function expectCounted(summary: StatsSummary, parts: readonly Part[]): void {
  expect(summary.sums).toEqual(total(parts));
  expect(rows(listed(summary.services, ({ service }) => service))).toEqual(
    rows(by(parts, ({ service }) => service)),
  );
  expect(rows(listed(summary.people, ({ person }) => person))).toEqual(
    rows(by(parts, ({ who }) => who.person)),
  );
  expect(rows(listed(summary.countries, ({ country }) => country))).toEqual(
    rows(by(parts, ({ who }) => who.country)),
  );
  expect(rows(listed(summary.sources, ({ address, device }) => `${address} ${device}`))).toEqual(
    rows(
      by(
        parts.filter(({ address }) => address !== null),
        ({ address, who }) => `${address} ${who.device}`,
      ),
    ),
  );
  expect(rows(listed(summary.days, ({ day }) => day))).toEqual(
    rows(by(parts, ({ at }) => localDate(zone, at))),
  );
}

const spans = fc.tuple(fc.nat(96), fc.integer({ min: 1, max: 96 })).map(([first, length]) => {
  return { from: base + first * hourMs, to: base + (first + length) * hourMs };
});

describe('sums', () => {
  it('are a count of the events, whole and in part, of every service and person', () => {
    let run = 0;
    fc.assert(
      fc.property(
        stories,
        fc.infiniteStream(fc.nat(1e6)),
        spans,
        fc.option(services),
        fc.option(fc.constantFrom('leo', 'anna')),
        (list, numbers, span, service, person) => {
          run += 1;
          const store = room.open({
            file: `${room.file}.${run}`,
            clock,
            config: { ...config, timezone: zone },
          });
          const events = list.flatMap((story) => story.events);
          const shuffled = [...events, ...events.slice(0, 5)]
            .map((event) => ({ event, rank: numbers.next().value }))
            .toSorted((a, b) => a.rank - b.rank)
            .map(({ event }) => event);
          const cut = (numbers.next().value ?? 0) % (shuffled.length + 1);
          store.store(shuffled.slice(0, cut));
          store.store(shuffled.slice(cut));
          const parts = list.flatMap((story) => story.parts);
          const summary = store.summary(ever);
          if ('error' in summary) throw new Error(summary.message);
          expectCounted(summary, parts);

          const known = (name: string | null, names: readonly (string | null)[]): boolean =>
            name === null || names.includes(name);
          if (
            known(service, [...parts.map((part) => part.service), 'ssh', 'plex']) &&
            known(person, [...parts.map(({ who }) => who.person), 'leo'])
          ) {
            const wanted = parts.filter(
              (part) =>
                part.at >= span.from &&
                part.at < span.to &&
                (service === null || part.service === service) &&
                (person === null || part.who.person === person),
            );
            const scope = {
              from: iso(span.from),
              to: iso(span.to),
              ...(service === null ? {} : { service }),
              ...(person === null ? {} : { person }),
            };
            const some = store.summary(scope);
            if ('error' in some) throw new Error(some.message);
            expectCounted(some, wanted);
            for (const step of ['minute', 'hour'] as const) {
              const series = store.series({ ...scope, step });
              if ('error' in series) throw new Error(series.message);
              const sum = series.points.reduce((value, point) => value + point.denied + point.sessions, 0);
              const { denied, sessions } = total(
                // Minutes are kept for two days.
                wanted.filter(({ at }) => step === 'hour' || at >= clock() - 48 * hourMs),
              );
              expect(sum).toBe(denied + sessions);
            }
          }
          store.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});
