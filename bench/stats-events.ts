// SPDX-License-Identifier: MIT
// What a busy box publishes in some days: sessions of a household, wakes, and mostly refusals of the Internet.
import type { CloudEvent, EventData, EventType, Who } from '@nftoggle/contracts';

const services = 100;
const people = 100;
const devices = 100;
const strangers = 100_000;
const countries = ['DE', 'US', 'CN', 'RU', 'NL', 'FR', 'GB', 'BR', 'IN', 'VN', 'ID', 'UA', 'SG', 'KR', 'IR'];

/** The same numbers in every run (mulberry32), so that runs compare. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface EventPlan {
  readonly count: number;
  /** Milliseconds of the epoch. */
  readonly from: number;
  readonly to: number;
}

/** `count` events, evenly from one time to another, in the order of their times. */
export function* eventsOf({ count, from, to }: EventPlan): Generator<CloudEvent> {
  const random = randomOf(count);
  const open: EventData<'session_started'>[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = Math.floor(from + ((to - from) * index) / count);
    const kind = random();
    const ending = open[0];
    if (kind < 0.18) {
      const started = aSession(random, index, at);
      open.push(started);
      yield event('session_started', started, at, index, started.service);
    } else if (kind < 0.36 && ending !== undefined && open.length > 50) {
      open.shift();
      yield event('session_ended', anEnd(random, ending, at), at, index, ending.service);
    } else if (kind < 0.38) {
      const wake = { device: `device${pick(random, 10)}`, by: 'plex' };
      const started = { ...wake, deadline: iso(at + 90_000), expected: null };
      yield event('wake_started', started as EventData<'wake_started'>, at, index);
    } else {
      const denied = aDenial(random, at);
      yield event('access_denied', denied, at, index, denied.service);
    }
  }
}

/** Some services, countries and sources are met far more often than others. */
function pick(random: () => number, count: number): number {
  return Math.floor(random() ** 3 * count);
}

function aSession(random: () => number, index: number, at: number): EventData<'session_started'> {
  const device = pick(random, devices);
  return {
    session: index.toString(36).padStart(12, '0'),
    service: `service${pick(random, services)}`,
    source: { address: `192.168.1.${device}`, mac: '0c:fe:45:12:34:56' },
    protocol: 'tcp',
    destination: '192.168.1.254',
    destinationPort: 443,
    who: { device: `device${device}`, person: `person${device % people}`, country: null },
    covers: `192.168.1.${device}`,
    rule: 'services.service1.allow[0]',
    reason: 'rule_allows',
    until: iso(at + 3_600_000),
    bound: 'session_time',
  };
}

function anEnd(
  random: () => number,
  { session, service, source, covers, who, rule, until }: EventData<'session_started'>,
  at: number,
): EventData<'session_ended'> {
  const bytes = Math.floor(random() * 1e8);
  const since = iso(Date.parse(until) - 3_600_000);
  const traffic = { packets: Math.ceil(bytes / 1_000), bytes };
  const use = {
    connections: 1 + pick(random, 20),
    active: random() * 600,
    from_source: traffic,
    to_source: traffic,
  };
  const end = { reason: 'idle', since, ended: iso(at), use, cut: 0 } as const;
  return { session, service, source, covers, who, rule, ...end };
}

function aDenial(random: () => number, at: number): EventData<'access_denied'> {
  const stranger = pick(random, strangers);
  const address = `198.${stranger >> 16}.${(stranger >> 8) & 255}.${stranger & 255}`;
  const who: Who = { device: null, person: null, country: countries[stranger % countries.length] ?? null };
  return {
    service: `service${pick(random, services)}`,
    source: { address },
    protocol: 'tcp',
    destination: '203.0.113.1',
    destinationPort: 22,
    who,
    reason: 'no_rule',
    rule: null,
    next_allowed: null,
    enforced: true,
    count: 1 + pick(random, 50),
    first: iso(at - 10_000),
    last: iso(at),
  };
}

function event<T extends EventType>(
  type: T,
  data: EventData<T>,
  at: number,
  index: number,
  subject?: string,
): CloudEvent {
  const [time, number] = [at.toString(16).padStart(12, '0'), index.toString(16).padStart(12, '0')];
  return {
    specversion: '1.0',
    id: `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${number}`,
    source: '/nftoggle/box/interceptor',
    type,
    ...(subject === undefined ? {} : { subject }),
    time: iso(at),
    datacontenttype: 'application/json',
    data,
  } as CloudEvent;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
