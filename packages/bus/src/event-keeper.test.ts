// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';
import { AckPolicy } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import {
  type EventReader,
  eventStream,
  eventTypes,
  hookReaders,
  shelves,
  statsReader,
} from '@nftoggle/contracts';
import { eventually, type NatsServer, startNats } from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventKeeper } from './event-keeper.ts';
import {
  asAdmin,
  numberOf,
  publishNumber,
  readerInfo,
  storedEvents,
  withAdmin,
} from './event-stream.fixture.ts';
import { Clients } from './nats.fixture.ts';
import { Presence } from './presence.ts';

/** Milliseconds between two looks of the keepers of these tests. */
const interval = 300;

let nats: NatsServer;
let hasJetStream: boolean;
const clients = new Clients(() => nats);
const keepers: EventKeeper[] = [];
const problems: string[] = [];

beforeEach(async () => {
  hasJetStream = true;
  problems.length = 0;
  nats = await startNats({ alter: (config) => withAdmin(config, hasJetStream) });
});
afterEach(async () => {
  for (const keeper of keepers.splice(0)) await keeper.close();
  await clients.close();
  await nats.stop();
});

/** With the rights of the policy daemon. */
async function aKeeper(readers: () => readonly EventReader[]): Promise<EventKeeper> {
  const presence = new Presence();
  presence.up(await clients.raw('policy'));
  const keeper = new EventKeeper({
    presence,
    readers,
    interval,
    report: (problem) => problems.push(problem),
  });
  keepers.push(keeper);
  return keeper;
}

function readerNames(): Promise<string[]> {
  return asAdmin(nats, async (manager) => {
    const names: string[] = [];
    for await (const { name } of manager.consumers.list(eventStream.name)) names.push(name);
    return names.sort();
  });
}

const namesOf = (readers: readonly EventReader[]): string[] => readers.map(({ name }) => name).sort();

function eventuallyReads(readers: readonly EventReader[]): Promise<void> {
  return eventually(async () => expect(await readerNames()).toEqual(namesOf(readers)));
}

describe('the keeper of the event stream', () => {
  it('makes it, its readers and the shelves as the tables say', async () => {
    const [first] = hookReaders('bell') as [EventReader];
    await aKeeper(() => [statsReader, first]);
    await eventuallyReads([statsReader, first]);
    await asAdmin(nats, async (manager) => {
      const { config } = await manager.streams.info(eventStream.name);
      expect(config).toMatchObject({
        storage: 'file',
        discard: 'old',
        max_bytes: eventStream.maxBytes,
        max_age: nanos(eventStream.maxAge),
        duplicate_window: nanos(eventStream.duplicateWindow),
        deny_delete: true,
        deny_purge: true,
      });
      expect(config.subjects).toHaveLength(eventTypes.length * 8);
      const shelf = await manager.streams.info(shelves.letters.stream);
      expect(shelf.config).toMatchObject({
        max_bytes: shelves.letters.maxBytes,
        max_msgs_per_subject: 1,
        discard: 'old',
      });
    });
    expect((await readerInfo(nats, first.name)).config).toMatchObject({
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(30_000),
      max_ack_pending: 1,
      max_deliver: -1,
      filter_subject: `nftoggle.v1.*.*.*.${first.track}`,
    });
    const { config } = await readerInfo(nats, 'stats');
    expect(config).toMatchObject({ ack_policy: AckPolicy.All, max_ack_pending: statsReader.atOnce });
    expect(config.filter_subject).toBeUndefined();
  });

  it('lets a new hook begin with what comes, and statistics with what there is', async () => {
    const keeper = await aKeeper(() => readers);
    let readers: readonly EventReader[] = [statsReader];
    await eventuallyReads(readers);
    const policy = await clients.connected('policy');
    await publishNumber(policy, 1);
    readers = [statsReader, ...hookReaders('bell')];
    keeper.update();
    await eventuallyReads(readers);
    await publishNumber(policy, 2);
    const hooks = await clients.connected('hooks');
    const heard: number[] = [];
    for (const reader of hookReaders('bell')) {
      hooks.readEvents(reader, 1, async (events) => void heard.push(...events.map(numberOf)));
    }
    const stats = await clients.connected('stats');
    const written: number[] = [];
    stats.readEvents(statsReader, 10, async (events) => void written.push(...events.map(numberOf)));
    await eventually(() => heard.length > 0 && written.length === 2);
    expect([heard, written]).toEqual([[2], [1, 2]]);
  });

  it('removes the readers of a hook that is gone after a while, and no others', async () => {
    let readers = [statsReader, ...hookReaders('bell'), ...hookReaders('bell_2')];
    const keeper = await aKeeper(() => readers);
    await eventuallyReads(readers);
    await asAdmin(nats, (manager) =>
      manager.consumers.add(eventStream.name, { durable_name: 'own', ack_policy: AckPolicy.None }),
    );
    readers = [statsReader, ...hookReaders('bell_2')];
    const began = performance.now();
    keeper.update();
    await eventually(async () => expect(await readerNames()).toEqual([...namesOf(readers), 'own'].sort()));
    expect(performance.now() - began).toBeGreaterThan(interval);
  });

  it('leaves a reader alone that somebody reads', async () => {
    const bell = hookReaders('bell');
    let readers = [statsReader, ...bell];
    const keeper = await aKeeper(() => readers);
    await eventuallyReads(readers);
    const hooks = await clients.connected('hooks');
    const [first] = bell as [EventReader];
    hooks.readEvents(first, 1, async () => {});
    await eventually(async () => (await readerInfo(nats, first.name)).num_waiting === 1);
    readers = [statsReader];
    keeper.update();
    await eventuallyReads([statsReader, first]);
  });

  it('does no harm beside another that has an older configuration for a moment', async () => {
    const bell = hookReaders('bell');
    let old = [statsReader];
    const [one, other] = [await aKeeper(() => [statsReader, ...bell]), await aKeeper(() => old)];
    await eventuallyReads([statsReader, ...bell]);
    const made = (await readerInfo(nats, bell[0]?.name ?? '')).created;
    for (const keeper of [one, other, one, other]) {
      keeper.update();
      await delay(interval / 10);
    }
    old = [statsReader, ...bell];
    await delay(3 * interval);
    expect((await readerInfo(nats, bell[0]?.name ?? '')).created).toBe(made);
    expect(problems).toEqual([]);
  });

  it('gives all events of a new stream to every reader, though two of them make it at once', async () => {
    const policy = await clients.connected('policy');
    const readers = [statsReader, ...hookReaders('bell')];
    const stored = publishNumber(policy, 1);
    await Promise.all([aKeeper(() => readers), aKeeper(() => readers), aKeeper(() => readers)]);
    await stored;
    await eventuallyReads(readers);
    const counts = await Promise.all(
      namesOf(readers).map(async (name) => (await readerInfo(nats, name)).num_pending),
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2);
  });

  it('makes a stream again that was removed, with all its readers', async () => {
    const readers = [statsReader, ...hookReaders('bell')];
    await aKeeper(() => readers);
    await eventuallyReads(readers);
    await asAdmin(nats, (manager) => manager.streams.delete(eventStream.name));
    await eventuallyReads(readers);
    expect((await readerInfo(nats, 'hook_bell_0')).config.deliver_policy).toBe('all');
  });

  it('puts back what is otherwise than it should be, without losing an event', async () => {
    const keeper = await aKeeper(() => [statsReader]);
    await eventuallyReads([statsReader]);
    const policy = await clients.connected('policy');
    await publishNumber(policy, 1);
    await asAdmin(nats, async (manager) => {
      await manager.streams.update(eventStream.name, { max_age: 0, subjects: ['nftoggle.v1.*.wake.*.*'] });
      await manager.consumers.update(eventStream.name, 'stats', { max_ack_pending: 5 });
    });
    keeper.update();
    await eventually(async () => (await readerInfo(nats, 'stats')).config.max_ack_pending === 20_000);
    const { config } = await asAdmin(nats, (manager) => manager.streams.info(eventStream.name));
    expect([config.max_age, config.subjects.length]).toEqual([
      nanos(eventStream.maxAge),
      eventTypes.length * 8,
    ]);
    expect((await storedEvents(nats)).map(numberOf)).toEqual([1]);
  });

  it('says once what stands in its way, and goes on trying', async () => {
    hasJetStream = false;
    await nats.restart();
    await aKeeper(() => [statsReader]);
    await eventually(() => problems.length > 0, { withinMs: 10_000 });
    await delay(1_000);
    expect(problems).toEqual([expect.stringContaining('jetstream')]);
    hasJetStream = true;
    await nats.restart();
    await eventually(async () => expect(await readerNames()).toEqual(['stats']), { withinMs: 10_000 });
  }, 30_000);
});
