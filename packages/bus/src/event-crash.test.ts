// SPDX-License-Identifier: MIT
// Events on their way through a server that dies again and again.
import { setTimeout as delay } from 'node:timers/promises';
import { type CloudEvent, hookReaders, statsReader, trackOf } from '@nftoggle/contracts';
import { eventually, keepEvents, type NatsServer, startNats } from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bus } from './bus.ts';
import { numberOf, numbers, publishNumber, storedEvents, withAdmin } from './event-stream.fixture.ts';
import { Clients } from './nats.fixture.ts';

const readers = [statsReader, ...hookReaders('bell')];

let nats: NatsServer;
let keeper: { close(): Promise<void> };
const clients = new Clients(() => nats);

beforeEach(async () => {
  nats = await startNats({ alter: withAdmin });
  keeper = await keepEvents(nats, () => readers);
});
afterEach(async () => {
  await clients.close();
  await keeper.close();
  await nats.stop();
});

/** About 2,000 events each second. */
async function publishMany(bus: Bus, count: number): Promise<readonly Promise<boolean>[]> {
  const stored: Promise<boolean>[] = [];
  while (stored.length < count) {
    for (let each = 0; each < 10; each++) stored.push(publishNumber(bus, stored.length));
    await delay(5);
  }
  return stored;
}

async function crashNowAndThen(times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await delay(200 + Math.random() * 800);
    await nats.kill9();
    await nats.restart();
  }
}

/** Each number once, where it was heard first. */
class Heard {
  readonly numbers = new Set<number>();
  take(events: readonly CloudEvent[]): void {
    for (const event of events) this.numbers.add(numberOf(event));
  }
}

const trackOfNumber = (number: number): number =>
  trackOf('allowance_changed', { who: `person${number % 32}`, bonus: 0, by: '', why: null });

describe('with a server that is killed ten times', () => {
  it('20,000 events are stored once each, in order, and every reader has all of them in order', async () => {
    const all = numbers(20_000);
    const policy = await clients.connected('policy');
    const [stats, hooks] = [await clients.connected('stats'), await clients.connected('hooks')];
    const written = new Heard();
    stats.readEvents(statsReader, 500, async (events) => written.take(events));
    const tracks = hookReaders('bell').map((reader) => {
      const heard = new Heard();
      hooks.readEvents(reader, 1, async (events) => heard.take(events));
      return heard;
    });
    const [stored] = await Promise.all([publishMany(policy, all.length), crashNowAndThen(10)]);
    expect(await Promise.all(stored)).toEqual(all.map(() => true));
    expect((await storedEvents(nats)).map(numberOf)).toEqual(all);
    const heard = () => tracks.reduce((sum, track) => sum + track.numbers.size, 0);
    await eventually(() => written.numbers.size === all.length && heard() === all.length, {
      withinMs: 120_000,
    });
    expect([...written.numbers]).toEqual(all);
    tracks.forEach((track, index) => {
      expect([...track.numbers]).toEqual(all.filter((number) => trackOfNumber(number) === index));
    });
  }, 180_000);
});
