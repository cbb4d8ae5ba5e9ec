// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { type CloudEvent, eventStream } from '@nftoggle/contracts';
import { eventually, keepEvents, type Link, type NatsServer, openLink, startNats } from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BusStatus } from './bus.ts';
import { eventId } from './event-id.ts';
import {
  asAdmin,
  numberOf,
  numbers,
  publishNumber,
  storedEvents,
  withAdmin,
} from './event-stream.fixture.ts';
import { Clients } from './nats.fixture.ts';
import { maxBacklog, maxBacklogBytes } from './outbox.ts';

let nats: NatsServer;
let link: Link;
let hasJetStream: boolean;
const clients = new Clients(() => nats);
const keepers: { update(): void; close(): Promise<void> }[] = [];

beforeEach(async () => {
  hasJetStream = true;
  nats = await startNats({ alter: (config) => withAdmin(config, hasJetStream) });
  link = await openLink(nats.url);
});
afterEach(async () => {
  await clients.close();
  for (const keeper of keepers.splice(0)) await keeper.close();
  await link.close();
  await nats.stop();
});

async function keep(): Promise<void> {
  keepers.push(await keepEvents(nats));
}

/** The policy daemon's bus, over the link. */
async function publisher(onStatus?: (status: BusStatus) => void) {
  const bus = clients.bus('policy', onStatus, link.url);
  await bus.ready;
  return bus;
}

/** Numbers of the events that a tap hears. */
async function tapped(): Promise<number[]> {
  const tap = await clients.raw('tap');
  const heard: number[] = [];
  tap.subscribe('nftoggle.>', {
    callback: (_, message) => void heard.push(numberOf(message.json<CloudEvent>())),
  });
  await tap.flush();
  return heard;
}

const storedNumbers = async () => (await storedEvents(nats)).map(numberOf);

function deleteStream(): Promise<boolean> {
  return asAdmin(nats, (manager) => manager.streams.delete(eventStream.name));
}

describe('a published event', () => {
  it('is in the stream when the promise says so', async () => {
    await keep();
    const bus = await publisher();
    expect(await publishNumber(bus, 1)).toBe(true);
    expect(await storedNumbers()).toEqual([1]);
    expect(bus.backlog).toBe(0);
  });

  it('is there once, though it is published again by a later life of its author', async () => {
    await keep();
    const time = new Date().toISOString();
    const identity = { id: eventId(new Date(time), 'grant 7 ended'), time };
    const data = { who: 'leo', bonus: 5, by: 'ada', why: null };
    for (const life of [await publisher(), await clients.connected('policy')]) {
      expect(await life.publish('allowance_changed', data, undefined, identity)).toBe(true);
    }
    expect(await storedEvents(nats)).toMatchObject([identity]);
  });

  it('of a type that is not for this daemon is a fault of its author', async () => {
    const wol = await clients.connected('wol');
    expect(() => publishNumber(wol, 1)).toThrow(TypeError);
  });

  it('keeps its order and comes once, whoever else publishes meanwhile', async () => {
    await keep();
    const buses = [await publisher(), await clients.connected('policy'), await clients.connected('policy')];
    const stored = numbers(6_000).map((number) => {
      const bus = buses[number % buses.length];
      return bus === undefined ? false : publishNumber(bus, number);
    });
    expect(await Promise.all(stored)).not.toContain(false);
    const all = await storedNumbers();
    expect(all).toHaveLength(6_000);
    buses.forEach((_, index) => {
      const own = all.filter((number) => number % buses.length === index);
      expect(own).toEqual(own.toSorted((one, other) => one - other));
    });
  });
});

describe('an event that the stream refuses', () => {
  it('is not overtaken by those that were sent after it', async () => {
    await keep();
    const limit = (max_msg_size: number) =>
      asAdmin(nats, (manager) => manager.streams.update(eventStream.name, { max_msg_size }));
    await limit(2_000);
    const bus = await publisher();
    const stored = numbers(400).map((number) =>
      number === 200
        ? bus.publish('allowance_changed', {
            who: 'leo',
            bonus: number,
            by: 'ada',
            why: 'x'.repeat(4_000),
          })
        : publishNumber(bus, number),
    );
    await eventually(async () => (await storedEvents(nats)).length >= 200);
    await delay(500);
    expect(await storedNumbers()).toEqual(numbers(200));
    await limit(-1);
    expect(await Promise.all(stored)).not.toContain(false);
    expect(await storedNumbers()).toEqual(numbers(400));
  });
});

describe('while there is no stream', () => {
  it('events wait, are heard by who listens, and are stored in order when there is one', async () => {
    const heard = await tapped();
    const bus = await publisher();
    const all = numbers(3_000);
    let isThere = false;
    const kept = delay(700)
      .then(keep)
      .then(() => {
        isThere = true;
      });
    const stored: Promise<boolean>[] = [];
    for (const number of all) {
      stored.push(publishNumber(bus, number));
      if (number % 5 === 0) await delay(2);
      if (number === 100) await eventually(() => heard.includes(100), { withinMs: 1_000 });
      if (number === 100) expect(isThere).toBe(false);
    }
    await kept;
    expect(await Promise.all(stored)).not.toContain(false);
    expect(await storedNumbers()).toEqual(all);
    expect([...new Set(heard)]).toEqual(all);
  });

  it('since it was removed and made anew under a publisher, no event overtakes another', async () => {
    await keep();
    const bus = await publisher();
    const stored: Promise<boolean>[] = [];
    for (let turn = 0; turn < 5; turn++) {
      for (let each = 0; each < 400; each++) stored.push(publishNumber(bus, stored.length));
      await deleteStream();
      for (let each = 0; each < 50; each++) stored.push(publishNumber(bus, stored.length));
      for (const keeper of keepers) keeper.update();
      for (let each = 0; each < 50; each++) stored.push(publishNumber(bus, stored.length));
      await eventually(() => bus.backlog === 0);
    }
    expect(await Promise.all(stored)).not.toContain(false);
    const there = await storedNumbers();
    // What was removed with the stream is gone; what came after is whole.
    expect(there.length).toBeGreaterThanOrEqual(100);
    expect(there).toEqual(numbers(2_500).slice(2_500 - there.length));
  });

  it('the bus says so once, and that is after a while', async () => {
    const problems: string[] = [];
    const bus = await publisher((status) => status.kind === 'error' && problems.push(status.message));
    publishNumber(bus, 1);
    await eventually(() => problems.length > 0, { withinMs: 20_000 });
    await delay(1_000);
    expect(problems).toEqual([expect.stringContaining('events wait')]);
  }, 30_000);
});

describe('a server without JetStream', () => {
  it('is told of events once more when it has it', async () => {
    await keep();
    const bus = await publisher();
    await publishNumber(bus, 0);
    hasJetStream = false;
    await nats.restart();
    const stored = numbers(500, 1).map((number) => publishNumber(bus, number));
    await delay(1_000);
    expect(bus.backlog).toBe(500);
    hasJetStream = true;
    await nats.restart();
    expect(await Promise.all(stored)).not.toContain(false);
    expect(await storedNumbers()).toEqual(numbers(501));
  });
});

describe('a receipt', () => {
  it('that is not of the event stream counts as none', async () => {
    const bus = await publisher();
    const forger: NatsConnection = await clients.raw('interceptor');
    forger.subscribe('nftoggle.v1.*.permissions.changed.*', {
      callback: (_, message) => void message.respond('{"stream":"other","seq":1}'),
    });
    await forger.flush();
    let isStored: boolean | undefined;
    void bus.publish('permissions_changed', { because: 'grant', services: null }).then((stored) => {
      isStored = stored;
    });
    await delay(500);
    expect([isStored, bus.backlog]).toEqual([undefined, 1]);
  });
});

describe('the backlog', () => {
  it('drops the oldest when too many wait, says so once, and counts them', async () => {
    await keep();
    const problems: string[] = [];
    const bus = await publisher((status) => status.kind === 'error' && problems.push(status.message));
    await link.cut();
    await eventually(() => !bus.connected);
    const stored = numbers(maxBacklog + 10).map((number) => publishNumber(bus, number));
    expect([bus.backlog, bus.dropped]).toEqual([maxBacklog, 10]);
    await link.mend();
    const outcomes = await Promise.all(stored);
    expect(outcomes.lastIndexOf(false)).toBe(9);
    expect(outcomes.indexOf(true)).toBe(10);
    expect(await storedNumbers()).toEqual(numbers(maxBacklog, 10));
    expect(problems).toEqual(['too many events wait: the oldest are dropped']);
  }, 60_000);

  it('has a bound in bytes as well', async () => {
    const bus = clients.bus('policy', undefined, link.url);
    const problem = 'x'.repeat(200_000);
    for (let each = 0; each < 100; each++) {
      void bus.publish('config_refused', { daemon: 'policy', revision: '0123456789ab', problem });
    }
    expect(bus.backlog).toBe(Math.floor(maxBacklogBytes / 200_335));
    expect(bus.dropped).toBe(100 - bus.backlog);
  });
});

describe('closing', () => {
  it('delivers what waits', async () => {
    await keep();
    const bus = await publisher();
    const stored = numbers(5_000).map((number) => publishNumber(bus, number));
    await bus.close();
    expect(await Promise.all(stored)).not.toContain(false);
    expect(await storedNumbers()).toEqual(numbers(5_000));
  });

  it('tells that events are lost which nobody takes, soon', async () => {
    const bus = await publisher();
    const stored = numbers(100).map((number) => publishNumber(bus, number));
    const began = performance.now();
    await bus.close();
    expect(performance.now() - began).toBeLessThan(4_000);
    expect(await Promise.all(stored)).not.toContain(true);
    expect(await publishNumber(bus, 1)).toBe(false);
  });

  it('does so without a connection at once', async () => {
    const bus = await publisher();
    await link.cut();
    await eventually(() => !bus.connected);
    const stored = publishNumber(bus, 1);
    await bus.close();
    expect(await stored).toBe(false);
  });
});
