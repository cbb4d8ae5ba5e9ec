// SPDX-License-Identifier: MIT
// What keeping events costs: how many a second, how much room, and how long a dashboard waits.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Bus } from '@nftoggle/bus';
import { type CloudEvent, type Daemon, type EventData, statsReader } from '@nftoggle/contracts';
import { Batches, readStream, StatsStore } from '@nftoggle/stats';
import { startNats } from '@nftoggle/testkit';
import type { Scale } from './scale.ts';
import { percentile } from './statistics.ts';
import { eventsOf } from './stats-events.ts';

export interface QueryFigure {
  readonly name: string;
  /** In milliseconds. */
  readonly p50: number;
  readonly p95: number;
}

export interface StatsReport {
  readonly events: number;
  /** Events a second: handed over in this process, and from an event stream that has them waiting. */
  readonly ingest: number;
  readonly fromStream: number;
  /** On disk, in bytes. */
  readonly bytes: number;
  /** In a minute of ten events a second. */
  readonly commitsPerMinute: number;
  readonly queries: readonly QueryFigure[];
}

const dayMs = 86_400_000;
const days = 90;
const batch = 4_000;
const asked = 40;
/** A stream that is not read in this time is not read at all, in milliseconds. */
const streamDeadline = 180_000;

type Step = (step: string) => void;

export async function measureStats(scale: Scale, onStep: Step): Promise<StatsReport> {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-bench-stats-'));
  const store = openStore(join(directory, 'stats.db'));
  try {
    onStep(`statistics: storing ${scale.statsEvents} events`);
    const now = Date.now();
    const ingest = storeAll(store, scale.statsEvents, now);
    const { bytes } = store.kept();
    onStep('statistics: the questions of a dashboard');
    const queries = askAll(store, now);
    onStep('statistics: commits of a quiet minute');
    const commitsPerMinute = await commitsOf(store, scale.statsIdleSeconds);
    onStep('statistics: from the event stream');
    const fromStream = await storeStream(join(directory, 'stream.db'), scale.statsStreamEvents);
    return { events: scale.statsEvents, ingest, fromStream, bytes, commitsPerMinute, queries };
  } finally {
    store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function openStore(file: string): StatsStore {
  const stats = { keep: days * 86_400, maxBytes: 100 * 2 ** 30 };
  const nothing = { services: new Map(), people: new Map(), devices: new Map() };
  const onDamage = (_: string, problem: string): never => {
    throw new Error(problem);
  };
  return new StatsStore({ file, onDamage, config: { timezone: 'Europe/Berlin', stats, ...nothing } });
}

/** Making the events is not in the figure. */
function storeAll(store: StatsStore, count: number, now: number): number {
  let took = 0;
  let events: CloudEvent[] = [];
  const flush = (): void => {
    const begin = performance.now();
    store.store(events);
    took += performance.now() - begin;
    events = [];
  };
  for (const event of eventsOf({ count, from: now - days * dayMs, to: now })) {
    events.push(event);
    if (events.length === batch) flush();
  }
  flush();
  return (count / took) * 1_000;
}

/** Each asked for other spans each time, so that no answer is one of before. */
function askAll(store: StatsStore, now: number): readonly QueryFigure[] {
  const span = (length: number) => (round: number) => {
    const to = now - round * 600_000;
    return { from: new Date(to - length * dayMs).toISOString(), to: new Date(to).toISOString() };
  };
  const [day, month, all] = [span(1), span(30), span(days)];
  const service = (round: number): string => `service${round % 10}`;
  const questions: Readonly<Record<string, (round: number) => object>> = {
    'summary of a day': (round) => store.summary(day(round)),
    'summary of 30 days': (round) => store.summary(month(round)),
    'summary of 90 days': (round) => store.summary(all(round)),
    'summary of 90 days, one service': (round) => store.summary({ ...all(round), service: service(round) }),
    'summary of 90 days, one person': (round) => store.summary({ ...all(round), person: 'person3' }),
    'series of 90 days by the day': (round) => store.series({ ...all(round), step: 'day' }),
    'series of 30 days by the hour': (round) => store.series({ ...month(round), step: 'hour' }),
    'series of 12 hours by the minute': (round) => store.series({ ...span(0.5)(round), step: 'minute' }),
    '100 sessions': (round) => store.sessions({ ...all(round), limit: 100 }),
    '100 sessions of a person': (round) => store.sessions({ ...all(round), person: 'person3', limit: 100 }),
    '100 refusals': (round) => store.denials({ ...all(round), limit: 100 }),
    '100 refusals of an address': (round) =>
      store.denials({ ...all(round), source: `198.0.0.${round}`, limit: 100 }),
    '100 events of a service': (round) => store.events({ service: service(round), limit: 100 }),
  };
  return Object.entries(questions).map(([name, ask]) => {
    const ms = Array.from({ length: asked }, (_, round) => {
      const begin = performance.now();
      const answer = ask(round);
      const took = performance.now() - begin;
      if ('error' in answer) throw new Error(`${name}: ${JSON.stringify(answer)}`);
      return took;
    });
    return { name, p50: percentile(ms, 0.5), p95: percentile(ms, 0.95) };
  });
}

async function commitsOf(store: StatsStore, seconds: number): Promise<number> {
  const commits: number[] = [];
  const batches = new Batches({
    commit: (events) => {
      commits.push(performance.now());
      store.store(events);
    },
    onFailure: (error) => {
      throw error;
    },
  });
  const now = Date.now();
  for (const event of eventsOf({ count: seconds * 10, from: now, to: now + 1_000 })) {
    void batches.add([event]);
    await delay(100);
  }
  const [first = Number.NaN, last = Number.NaN] = [commits[0], commits.at(-1)];
  const perMinute = (60_000 * (commits.length - 1)) / (last - first);
  batches.stop();
  return perMinute;
}

/** They are in the stream before anybody reads: what a stats daemon finds that was away. */
async function storeStream(file: string, count: number): Promise<number> {
  const nats = await startNats();
  const busOf = (daemon: Daemon): Bus =>
    new Bus({ url: nats.url, seed: nats.seeds[daemon], node: 'box', daemon });
  const [policy, interceptor, stats] = [busOf('policy'), busOf('interceptor'), busOf('stats')];
  const store = openStore(file);
  try {
    await Promise.all([policy.ready, interceptor.ready, stats.ready]);
    policy.keepEvents(() => [statsReader]);
    await publishAll(interceptor, count);
    const begin = performance.now();
    const done = Promise.withResolvers<void>();
    const batches = new Batches({
      commit: (events) => {
        store.store(events);
        if (store.kept().events === count) done.resolve();
      },
      onFailure: done.reject,
    });
    const reading = readStream(stats, batches);
    const timer = setTimeout(() => {
      done.reject(new Error(`${store.kept().events} of ${count} events came from the stream`));
    }, streamDeadline);
    await done.promise.finally(() => clearTimeout(timer));
    const took = performance.now() - begin;
    batches.stop();
    await reading.stop();
    return (count / took) * 1_000;
  } finally {
    await Promise.all([policy.close(), interceptor.close(), stats.close()]);
    store.close();
    await nats.stop();
  }
}

async function publishAll(interceptor: Bus, count: number): Promise<void> {
  let waiting: Promise<boolean>[] = [];
  const now = Date.now();
  let index = 0;
  for (const event of eventsOf({ count: count * 2, from: now - dayMs, to: now })) {
    if (event.type !== 'access_denied' && event.type !== 'session_started') continue;
    waiting.push(
      event.type === 'access_denied'
        ? interceptor.publish('access_denied', event.data as EventData<'access_denied'>)
        : interceptor.publish('session_started', event.data as EventData<'session_started'>),
    );
    index += 1;
    if (waiting.length === 1_000 || index === count) {
      if (!(await Promise.all(waiting)).every(Boolean))
        throw new Error('an event was not taken by the stream');
      waiting = [];
    }
    if (index === count) return;
  }
}
