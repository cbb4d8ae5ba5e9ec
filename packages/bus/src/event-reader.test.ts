// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  type CloudEvent,
  type EventReader,
  eventStream,
  eventSubject,
  hookReaders,
  statsReader,
} from '@nftoggle/contracts';
import { eventually, keepEvents, type Link, type NatsServer, openLink, startNats } from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bus, BusStatus } from './bus.ts';
import {
  asAdmin,
  numberOf,
  numbers,
  publishNumber,
  readerInfo,
  withAdmin,
  withConnection,
} from './event-stream.fixture.ts';
import { Clients } from './nats.fixture.ts';

/** All events about one person are in one track. */
const who = 'leo';
const track = hookReaders('bell').filter(({ track }) =>
  eventSubject('box', 'allowance_changed', { who, bonus: 0, by: '', why: null }).endsWith(`.${track}`),
)[0] as EventReader;

let nats: NatsServer;
let link: Link;
let keeper: { update(): void; close(): Promise<void> };
let policy: Bus;
const clients = new Clients(() => nats);

beforeEach(async () => {
  nats = await startNats({ alter: withAdmin });
  link = await openLink(nats.url);
  keeper = await keepEvents(nats, () => [statsReader, ...hookReaders('bell')]);
  policy = await clients.connected('policy');
});
afterEach(async () => {
  await clients.close();
  await keeper.close();
  await link.close();
  await nats.stop();
});

async function publishAll(all: readonly number[]): Promise<void> {
  await Promise.all(all.map((number) => publishNumber(policy, number, who)));
}

const unique = (all: readonly number[]): number[] => [...new Set(all)];

/** A handler that remembers every event, and fails as `fails` says. */
function remembering(fails: (events: readonly number[]) => boolean = () => false) {
  const [tried, handled]: [number[][], number[]] = [[], []];
  const handle = async (events: readonly CloudEvent[]): Promise<void> => {
    const all = events.map(numberOf);
    tried.push(all);
    await delay(1);
    if (fails(all)) throw new Error('out of ideas');
    handled.push(...all);
  };
  return { handle, tried, handled };
}

/** Counts what is asked of the server about the place of `track`: the next event, and how the place is. */
function countAsked(admin: NatsConnection): { next: number; looks: number } {
  const counts = { next: 0, looks: 0 };
  const count = (what: keyof typeof counts, question: string): void => {
    const callback = (): void => {
      counts[what] += 1;
    };
    admin.subscribe(`$JS.API.CONSUMER.${question}.${eventStream.name}.${track.name}`, { callback });
  };
  count('next', 'MSG.NEXT');
  count('looks', 'INFO');
  return counts;
}

describe('a reader of one event at a time', () => {
  it('has the events of its track in order', async () => {
    await publishAll(numbers(100));
    const hooks = await clients.connected('hooks');
    const { handle, tried } = remembering();
    hooks.readEvents(track, 1, handle);
    await eventually(() => tried.length === 100);
    expect(tried).toEqual(numbers(100).map((number) => [number]));
  });

  it('has one again that its handler refused, after a second, and no other before it', async () => {
    const statuses: BusStatus[] = [];
    const hooks = clients.bus('hooks', (status) => statuses.push(status));
    let failures = 2;
    const times: number[] = [];
    const { handle, tried } = remembering(([number]) => {
      if (number === 3) times.push(performance.now());
      return number === 3 && failures-- > 0;
    });
    hooks.readEvents(track, 1, handle);
    await publishAll(numbers(6));
    await eventually(() => tried.length === 8);
    expect(tried.flat()).toEqual([0, 1, 2, 3, 3, 3, 4, 5]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(900);
    expect(statuses.filter(({ kind }) => kind === 'error')).toEqual([
      { kind: 'error', message: `${track.name}: events come again: out of ideas` },
    ]);
  });

  it('shares them with another, who keeps the order with it though both fail now and then', async () => {
    const [one, other] = [await clients.connected('hooks'), await clients.connected('hooks')];
    const finished: number[] = [];
    let [underWay, most] = [0, 0];
    const shares = [0, 0];
    [one, other].forEach((bus, index) => {
      bus.readEvents(track, 1, async ([event]) => {
        underWay += 1;
        most = Math.max(most, underWay);
        await delay(2);
        underWay -= 1;
        const number = event === undefined ? Number.NaN : numberOf(event);
        if (number % 40 === 7 && Math.random() < 0.5) throw new Error('out of ideas');
        finished.push(number);
        shares[index] = (shares[index] ?? 0) + 1;
      });
    });
    await publishAll(numbers(200));
    await eventually(() => finished.length >= 200, { withinMs: 40_000 });
    expect(finished).toEqual(numbers(200));
    expect(most).toBe(1);
    expect(Math.min(...shares)).toBeGreaterThan(20);
  });

  it('has all of them, in order, over connections that break', async () => {
    const hooks = clients.bus('hooks', undefined, link.url);
    const { handle, handled } = remembering();
    hooks.readEvents(track, 1, handle);
    await publishAll(numbers(300));
    for (const goal of [50, 100, 150]) {
      await eventually(() => handled.length >= goal);
      await link.cut();
      await link.mend();
    }
    // One that was on its way when the connection broke comes again when the server misses it.
    await eventually(() => unique(handled).length === 300, { withinMs: 120_000 });
    expect(unique(handled)).toEqual(numbers(300));
  }, 130_000);

  it('acknowledges on the next connection what it handled meanwhile', async () => {
    const hooks = clients.bus('hooks', undefined, link.url);
    let goOn = () => {};
    const waited = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let calls = 0;
    hooks.readEvents(track, 1, () => {
      calls += 1;
      return waited;
    });
    await publishAll([0]);
    await eventually(() => calls === 1);
    await link.cut();
    await eventually(() => !hooks.connected);
    goOn();
    await link.mend();
    await eventually(async () => (await readerInfo(nats, track.name)).num_ack_pending === 0);
    expect(calls).toBe(1);
  });

  it('asks for the next event and for nothing else while none comes', async () => {
    await withConnection(nats, async (admin) => {
      const counts = countAsked(admin);
      await admin.flush();
      const hooks = await clients.connected('hooks');
      const { handle, handled } = remembering();
      hooks.readEvents(track, 1, handle);
      await eventually(() => counts.next === 1);
      const { looks } = counts;
      expect(looks).toBeGreaterThan(0);
      await eventually(() => counts.next === 2, { withinMs: 40_000 });
      expect(counts.looks).toBe(looks);
      await publishAll([0]);
      await eventually(() => handled.length === 1);
    });
  }, 50_000);

  it('may take longer than the server waits for an acknowledgement', async () => {
    const hooks = await clients.connected('hooks');
    const began: number[] = [];
    let isDone = false;
    hooks.readEvents(track, 1, async ([event]) => {
      began.push(event === undefined ? Number.NaN : numberOf(event));
      if (began.length === 1) await delay(36_000);
      isDone = true;
    });
    await publishAll([0, 1]);
    await eventually(() => isDone && began.length >= 2, { withinMs: 50_000 });
    expect(began).toEqual([0, 1]);
  }, 60_000);
});

describe('a reader of many events at once', () => {
  it('has them in order, at most so many in one call, and few at once when there are few', async () => {
    await publishAll(numbers(1_000));
    const stats = await clients.connected('stats');
    const { handle, tried, handled } = remembering();
    stats.readEvents(statsReader, 300, handle);
    await eventually(() => handled.length === 1_000);
    expect(handled).toEqual(numbers(1_000));
    expect(tried.map(({ length }) => length)).toEqual([300, 300, 300, 100]);
    await publishAll([1_000]);
    await eventually(() => handled.length === 1_001, { withinMs: 500 });
  });

  it('has all of a call again that failed, in order, and nothing that came later before it', async () => {
    const stats = await clients.connected('stats');
    const { handle, tried, handled } = remembering(() => tried.length % 3 === 2);
    stats.readEvents(statsReader, 50, handle);
    for (let first = 0; first < 400; first += 20) {
      await publishAll(numbers(20, first));
      await delay(20);
    }
    await eventually(() => handled.length >= 400, { withinMs: 30_000 });
    expect(handled).toEqual(numbers(400));
    expect(tried.length).toBeGreaterThan(8);
  });

  it('acknowledges nothing that failed when the server is killed while it handles', async () => {
    const stats = await clients.connected('stats');
    const handled: number[] = [];
    let calls = 0;
    stats.readEvents(statsReader, 40, async (events) => {
      calls += 1;
      await delay(30);
      if (calls % 4 === 0) throw new Error('out of ideas');
      handled.push(...events.map(numberOf));
    });
    const published = (async () => {
      for (let first = 0; first < 1_500; first += 10) {
        void publishAll(numbers(10, first));
        await delay(10);
      }
    })();
    for (const goal of [2, 6, 10, 14]) {
      await eventually(() => calls >= goal, { withinMs: 20_000 });
      await nats.kill9();
      await nats.restart();
    }
    await published;
    await eventually(() => unique(handled).length === 1_500, { withinMs: 60_000 });
    expect(unique(handled)).toEqual(numbers(1_500));
  }, 90_000);

  it('has at once, and first, what a reader had that died', async () => {
    await publishAll(numbers(250));
    const dead = clients.bus('stats', undefined, link.url);
    let had = 0;
    dead.readEvents(statsReader, 100, (events) => {
      had += events.length;
      return new Promise(() => {});
    });
    await eventually(() => had === 100);
    await link.cut();
    const stats = await clients.connected('stats');
    const { handle, handled } = remembering();
    stats.readEvents(statsReader, 30, handle);
    await eventually(() => handled.length === 250);
    expect(handled).toEqual(numbers(250));
  });

  it('loses none to another who reads at the same place', async () => {
    const handled: number[][] = [[], []];
    const buses = [await clients.connected('stats'), await clients.connected('stats')];
    let turn = 0;
    buses.forEach((bus, index) => {
      bus.readEvents(statsReader, 20, async (events) => {
        turn += 1;
        await delay(turn % 7);
        if (turn % 5 === 0) throw new Error('out of ideas');
        handled[index]?.push(...events.map(numberOf));
      });
    });
    await publishAll(numbers(600));
    await eventually(() => unique(handled.flat()).length === 600, { withinMs: 60_000 });
    await eventually(async () => (await readerInfo(nats, statsReader.name)).num_ack_pending === 0, {
      withinMs: 20_000,
    });
  }, 90_000);

  it('goes on when what it was handed is gone from the stream', async () => {
    await publishAll(numbers(10));
    const dead = clients.bus('stats', undefined, link.url);
    let had = 0;
    dead.readEvents(statsReader, 10, (events) => {
      had += events.length;
      return new Promise(() => {});
    });
    await eventually(() => had === 10);
    await link.cut();
    // As it is after a week: the oldest events have gone by themselves.
    await asAdmin(nats, async (manager) => {
      await manager.streams.update(eventStream.name, { max_msgs: 5 });
    });
    keeper.update();
    await publishAll(numbers(5, 10));
    const stats = await clients.connected('stats');
    const { handle, handled } = remembering();
    stats.readEvents(statsReader, 10, handle);
    await eventually(() => handled.includes(14), { withinMs: 20_000 });
    await publishAll([15]);
    await eventually(() => handled.includes(15), { withinMs: 5_000 });
    expect(unique(handled)).toEqual(numbers(6, 10));
    expect((await readerInfo(nats, statsReader.name)).num_ack_pending).toBe(0);
  }, 40_000);
});

describe('stopping a reader', () => {
  it.each([
    ['one at a time', 'hooks', 1],
    ['many at once', 'stats', 25],
  ] as const)('that reads %s loses and repeats nothing', async (_, daemon, atMost) => {
    const reader = daemon === 'stats' ? statsReader : track;
    const bus = await clients.connected(daemon);
    const { handle, handled } = remembering();
    await publishAll(numbers(200));
    for (let goal = 20; goal < 200; goal += 40) {
      const reading = bus.readEvents(reader, atMost, handle);
      await eventually(() => handled.length >= goal);
      await reading.stop();
      const count = handled.length;
      await delay(20);
      expect(handled.length).toBe(count);
    }
    bus.readEvents(reader, atMost, handle);
    await eventually(() => handled.length >= 200);
    expect(handled).toEqual(numbers(200));
  });

  it('tells its handler, and what that leaves comes again', async () => {
    const hooks = await clients.connected('hooks');
    await publishAll([0]);
    let calls = 0;
    const reading = hooks.readEvents(track, 1, async (_, signal) => {
      calls += 1;
      await delay(60_000, undefined, { signal });
    });
    await eventually(() => calls === 1);
    await reading.stop();
    const { handle, handled } = remembering();
    hooks.readEvents(track, 1, handle);
    await eventually(() => handled.length === 1);
  });

  it('happens when the bus is closed, also when its handler never ends', async () => {
    const hooks = await clients.connected('hooks');
    await publishAll([0]);
    let calls = 0;
    hooks.readEvents(track, 1, () => {
      calls += 1;
      return new Promise(() => {});
    });
    await eventually(() => calls === 1);
    const began = performance.now();
    await hooks.close();
    expect(performance.now() - began).toBeLessThan(4_000);
  });
});

describe('an event that cannot be read', () => {
  it('is left out and acknowledged in its turn, which is reported once', async () => {
    const statuses: BusStatus[] = [];
    const stats = clients.bus('stats', (status) => statuses.push(status));
    const raw = await clients.raw('policy');
    const subject = eventSubject('box', 'allowance_changed', { who, bonus: 0, by: '', why: null });
    await publishAll([0]);
    const forged = JSON.stringify({ type: 'session_started', data: {} });
    for (const text of ['no JSON', '{"type":"allowance_changed","data":{"new":true}}', forged]) {
      await raw.request(subject, text);
    }
    await publishAll([1]);
    const { handle, handled } = remembering();
    stats.readEvents(statsReader, 2, handle);
    await eventually(() => handled.length === 2);
    expect(handled).toEqual([0, 1]);
    await eventually(async () => (await readerInfo(nats, statsReader.name)).num_ack_pending === 0);
    const problems = statuses.filter(({ kind }) => kind === 'error');
    expect(problems).toEqual([{ kind: 'error', message: expect.stringContaining('allowance.changed') }]);
  });
});

describe('a place in the stream', () => {
  it('is waited for when it is not there yet, and read again when it was removed', async () => {
    await keeper.close();
    await asAdmin(nats, (manager) => manager.streams.delete(eventStream.name));
    const stats = await clients.connected('stats');
    const { handle, handled } = remembering();
    stats.readEvents(statsReader, 10, handle);
    await delay(500);
    keeper = await keepEvents(nats);
    await publishAll([0]);
    await eventually(() => handled.length === 1, { withinMs: 10_000 });
    await asAdmin(nats, (manager) => manager.consumers.delete(eventStream.name, statsReader.name));
    await delay(200);
    keeper.update();
    await publishAll([1]);
    await eventually(() => handled.includes(1), { withinMs: 10_000 });
  });

  it('is found again after the server lost its storage, with all that came since', async () => {
    const stats = await clients.connected('stats');
    const hooks = await clients.connected('hooks');
    const [all, ofLane] = [remembering(), remembering()];
    stats.readEvents(statsReader, 10, all.handle);
    hooks.readEvents(track, 1, ofLane.handle);
    await publishAll(numbers(5));
    await eventually(() => all.handled.length === 5 && ofLane.handled.length === 5);
    await nats.kill9();
    const published = publishAll(numbers(20, 5));
    await nats.restart({ loseStorage: true });
    await published;
    await eventually(() => all.handled.length === 25 && ofLane.handled.length === 25, { withinMs: 20_000 });
    expect([all.handled, ofLane.handled]).toEqual([numbers(25), numbers(25)]);
  }, 30_000);

  it('says how many events wait, as far as the server tells', async () => {
    const stats = clients.bus('stats', undefined, link.url);
    await stats.ready;
    await publishAll(numbers(7));
    let goOn = () => {};
    const waited = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const reading = stats.readEvents(statsReader, 3, () => waited);
    await eventually(async () => (await readerInfo(nats, statsReader.name)).num_ack_pending === 3);
    expect(await reading.waiting()).toBe(7);
    goOn();
    await eventually(async () => (await reading.waiting()) === 0);
    await link.cut();
    await eventually(async () => (await reading.waiting()) === null);
  });

  it('is read by the daemon that it is for', async () => {
    const stats = await clients.connected('stats');
    expect(() => stats.readEvents(track, 1, async () => {})).toThrow(TypeError);
    expect(() => stats.keepEvents(() => [])).toThrow(TypeError);
    expect(() => stats.followAll(() => {})).toThrow(TypeError);
  });
});
