// SPDX-License-Identifier: MIT
import { randomUUID } from 'node:crypto';
import { type DeadLetter, shelves } from '@nftoggle/contracts';
import { eventually, keepEvents, type NatsServer, startNats } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusStatus } from './bus.ts';
import { NoAnswerError } from './errors.ts';
import { asAdmin, withAdmin } from './event-stream.fixture.ts';
import { Clients } from './nats.fixture.ts';
import type { Shelf } from './shelf.ts';

let nats: NatsServer;
let keeper: { close(): Promise<void> };
const clients = new Clients(() => nats);

beforeAll(async () => {
  nats = await startNats({ alter: withAdmin });
  keeper = await keepEvents(nats);
});
afterEach(async () => {
  await clients.close();
  await asAdmin(nats, (manager) => manager.streams.purge(shelves.letters.stream));
});
afterAll(async () => {
  await keeper.close();
  await nats.stop();
});

async function aShelf(onStatus?: (status: BusStatus) => void): Promise<Shelf<DeadLetter>> {
  const bus = clients.bus('hooks', onStatus);
  await bus.ready;
  return bus.shelf('letters');
}

function aLetter(hook: string, problem = 'status 500'): DeadLetter {
  const at = '2026-11-23T12:00:00.000Z';
  return { id: randomUUID(), hook, at, problem, attempts: 3, event: { type: 'wake_failed' } };
}

describe('a shelf', () => {
  it('gives what was put, to every replica', async () => {
    const [one, other] = [await aShelf(), await aShelf()];
    const letter = aLetter('bell');
    await one.put('bell.1', letter);
    expect(await other.get('bell.1')).toEqual(letter);
    expect(await other.get('bell.2')).toBeUndefined();
    await one.put('bell.1', { ...letter, attempts: 4 });
    expect(await other.get('bell.1')).toMatchObject({ attempts: 4 });
    expect(await other.keys()).toEqual(['bell.1']);
  });

  it('lists keys by what they begin with, oldest first, whoever put them', async () => {
    const [one, other] = [await aShelf(), await aShelf()];
    const keys = ['bell.zz', 'bell.b', 'horn.a', 'bell.a', 'bellow.c'];
    for (const key of keys) await (key.length % 2 === 0 ? one : other).put(key, aLetter('bell'));
    for (const shelf of [one, other, await aShelf()]) {
      expect(await shelf.keys()).toEqual(keys);
      expect(await shelf.keys('bell.')).toEqual(['bell.zz', 'bell.b', 'bell.a']);
      expect(await shelf.keys('bell')).toEqual(['bell.zz', 'bell.b', 'bell.a', 'bellow.c']);
      expect(await shelf.keys('drum.')).toEqual([]);
    }
    await one.put('bell.zz', aLetter('bell'));
    expect((await one.keys()).at(-1)).toBe('bell.zz');
  });

  it('says whether there was something to remove', async () => {
    const [one, other] = [await aShelf(), await aShelf()];
    for (const key of ['bell.1', 'bell.2']) await one.put(key, aLetter('bell'));
    expect(await other.remove('bell.1')).toBe(true);
    expect(await one.remove('bell.1')).toBe(false);
    expect(await one.keys()).toEqual(['bell.2']);
    expect(await one.get('bell.1')).toBeUndefined();
  });

  it('takes no key that is none, no value of another shape, and none that is too large', async () => {
    const shelf = await aShelf();
    for (const key of ['', 'bell.*', 'bell.>', 'a b', '.bell']) {
      await expect(shelf.put(key, aLetter('bell'))).rejects.toThrow(TypeError);
      await expect(shelf.remove(key)).rejects.toThrow(TypeError);
    }
    await expect(shelf.put('bell.1', aLetter('bell', 'x'.repeat(300_000)))).rejects.toThrow(RangeError);
    await expect(shelf.put('bell.1', { ...aLetter('bell'), attempts: 0 })).rejects.toThrow();
    expect(await shelf.keys()).toEqual([]);
  });

  it('gives nothing for what cannot be read, and reports it', async () => {
    const statuses: BusStatus[] = [];
    const shelf = await aShelf((status) => statuses.push(status));
    const raw = await clients.raw('hooks');
    await raw.request(`${shelves.letters.stream}.box.bell.1`, '{"id":1}');
    expect(await shelf.get('bell.1')).toBeUndefined();
    expect(await shelf.keys()).toEqual(['bell.1']);
    expect(statuses).toContainEqual({ kind: 'error', message: 'letters: bell.1 is of the wrong shape' });
  });

  it('holds many entries, and lists them all', async () => {
    const shelf = await aShelf();
    const keys = Array.from({ length: 2_000 }, (_, at) => `bell.${(at * 7919) % 2_000}`);
    for (const key of keys) await shelf.put(key, aLetter('bell'));
    expect(await (await aShelf()).keys()).toEqual(keys);
  });

  it('is for its users', async () => {
    expect(() => clients.bus('stats').shelf('letters')).toThrow(TypeError);
  });

  it('answers nothing without its server, and all again when that is back', async () => {
    const bus = clients.bus('hooks');
    await bus.ready;
    const shelf = bus.shelf('letters');
    await shelf.put('bell.1', aLetter('bell'));
    await nats.kill9();
    await eventually(() => !bus.connected);
    for (const call of [
      shelf.get('bell.1'),
      shelf.keys(),
      shelf.remove('bell.1'),
      shelf.put('bell.2', aLetter('bell')),
    ]) {
      await expect(call).rejects.toThrow(NoAnswerError);
    }
    await nats.restart();
    await bus.ready;
    await eventually(async () => expect(await shelf.keys()).toEqual(['bell.1']));
  });
});
