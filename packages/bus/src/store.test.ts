// SPDX-License-Identifier: MIT
import { eventually, type NatsServer, startNats } from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bus, type BusStatus } from './bus.ts';
import { ConflictError, NoAnswerError } from './errors.ts';
import { account, changesOf, increment, type Ledger, readyLedger, used, usedOf } from './ledger.fixture.ts';
import { Clients } from './nats.fixture.ts';

let nats: NatsServer;
const clients = new Clients(() => nats);

beforeEach(async () => {
  nats = await startNats();
});
afterEach(async () => {
  await clients.close();
  await nats.stop();
});

/** The ledger of a replica of its own. */
function replica(onStatus?: (status: BusStatus) => void): Promise<Ledger> {
  return readyLedger(clients.bus('policy', onStatus));
}

describe('a store', () => {
  it('is empty and ready when nobody ever wrote to it', async () => {
    const ledger = await replica();
    expect(ledger.get(account)).toBeUndefined();
    expect(ledger.entries().size).toBe(0);
  });

  it('has what was written at once, and other replicas have it soon', async () => {
    const [one, other] = [await replica(), await replica()];
    let revision = 0;
    for (let turn = 1; turn <= 500; turn++) {
      revision = await one.put(account, used(turn), revision);
      expect(one.get(account)).toEqual({ value: used(turn), revision });
    }
    await eventually(() => expect(other.get(account)).toEqual({ value: used(500), revision }));
  });

  it('has what was there before it was opened', async () => {
    const one = await replica();
    for (let number = 0; number < 300; number++) await one.put(`service.s${number}.kids`, used(number), 0);
    const other = await replica();
    expect(other.entries().size).toBe(300);
    expect(usedOf(other, 'service.s299.kids')).toBe(299);
  });

  it('is the same one each time it is asked for', () => {
    const bus = clients.bus('policy');
    expect(bus.store('ledger')).toBe(bus.store('ledger'));
  });

  it('is not for a daemon that the table does not name', () => {
    expect(() => clients.bus('api').store('ledger')).toThrow(TypeError);
  });

  it('does not have the entries of other nodes', async () => {
    const options = { url: nats.url, seed: nats.seeds.policy, daemon: 'policy' } as const;
    const attic = new Bus({ ...options, node: 'attic' });
    const [one, other] = [await replica(), await readyLedger(attic)];
    await other.put(account, used(1), 0);
    await one.put('person.mia', used(2), 0);
    expect([...one.entries().keys()]).toEqual(['person.mia']);
    expect([...other.entries().keys()]).toEqual([account]);
    await attic.close();
  });

  it('is made by several at once', async () => {
    const ledgers = await Promise.all([1, 2, 3, 4].map(() => replica()));
    await Promise.all(ledgers.map((ledger, index) => ledger.put(`person.p${index}`, used(index), 0)));
    await eventually(() => expect(ledgers.map((ledger) => ledger.entries().size)).toEqual([4, 4, 4, 4]));
  });
});

describe('a write', () => {
  it('loses to one that was faster, and can then be tried again with what is there', async () => {
    const [one, other] = [await replica(), await replica()];
    await one.put(account, used(1), 0);
    await eventually(() => usedOf(other) === 1);
    const revision = other.get(account)?.revision ?? 0;
    const outcomes = await Promise.allSettled([
      one.put(account, used(2), revision),
      other.put(account, used(3), revision),
    ]);
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failures).toHaveLength(1);
    expect(failures[0]?.reason).toBeInstanceOf(ConflictError);
    const loser = outcomes[0].status === 'rejected' ? one : other;
    expect(loser.get(account)?.revision).toBeGreaterThan(revision);
  });

  it.each([
    ['0 where there is an entry', 0],
    ['one that never was', 99],
  ])('with the revision %s is a conflict', async (_, revision) => {
    const ledger = await replica();
    await ledger.put(account, used(1), 0);
    await expect(ledger.put(account, used(2), revision)).rejects.toThrow(ConflictError);
    await expect(ledger.remove(account, revision)).rejects.toThrow(ConflictError);
    expect(usedOf(ledger)).toBe(1);
  });

  it('is counted exactly when two replicas do it 500 times each', async () => {
    const ledgers = [await replica(), await replica()];
    await Promise.all(
      ledgers.map(async (ledger) => {
        for (let turn = 0; turn < 500; turn++) await increment(ledger);
      }),
    );
    await eventually(() => expect(ledgers.map((ledger) => usedOf(ledger))).toEqual([1000, 1000]));
  }, 60_000);

  it('of the wrong shape, with a wrong key, or too large is a fault of its author', async () => {
    const ledger = await replica();
    const wrong = { days: { yesterday: { used: 1, bonus: 0 } }, meters: {} };
    await expect(ledger.put(account, wrong, 0)).rejects.toThrow(/date/i);
    for (const key of ['', '.', 'a..b', '*', '>', 'a b', 'a.>', 'país']) {
      await expect(ledger.put(key, used(1), 0), key).rejects.toThrow(TypeError);
    }
    const days = Array.from({ length: 8_000 }, (_, index) => [
      `${1000 + index}-01-01`,
      { used: 1, bonus: 0 },
    ]);
    await expect(ledger.put(account, { days: Object.fromEntries(days), meters: {} }, 0)).rejects.toThrow(
      RangeError,
    );
    expect(ledger.ready).toBe(true);
  });

  it('under way when the bus is closed comes to an end, and none begins after it', async () => {
    const bus = clients.bus('policy');
    const ledger = await readyLedger(bus);
    const writes = Array.from({ length: 50 }, (_, number) =>
      ledger.put(`person.p${number}`, used(number), 0),
    );
    await bus.close();
    const revisions = await Promise.all(writes);
    expect(revisions.sort((one, other) => one - other)).toEqual(revisions.map((_, index) => index + 1));
    await expect(ledger.put(account, used(1), 0)).rejects.toThrow(NoAnswerError);
    expect((await replica()).entries().size).toBe(50);
  });
});

describe('a removed entry', () => {
  it('is gone at once, soon for other replicas too, and for those that come later', async () => {
    const [one, other] = [await replica(), await replica()];
    const revision = await one.put(account, used(1), 0);
    await eventually(() => other.get(account) !== undefined);
    await one.remove(account, revision);
    expect(one.get(account)).toBeUndefined();
    await eventually(() => other.get(account) === undefined);
    expect((await replica()).get(account)).toBeUndefined();
  });

  it('may be written again, as if it had never been there, by any replica', async () => {
    const [one, other] = [await replica(), await replica()];
    await one.remove(account, await one.put(account, used(1), 0));
    await one.remove(account, await one.put(account, used(2), 0));
    await eventually(async () => {
      await other.put(account, used(3), 0);
    });
    await eventually(() => usedOf(one) === 3);
  });

  it('cannot be removed again', async () => {
    const ledger = await replica();
    const revision = await ledger.put(account, used(1), 0);
    await ledger.remove(account, revision);
    await expect(ledger.remove(account, revision)).rejects.toThrow(ConflictError);
    await expect(ledger.remove(account, 0)).rejects.toThrow(ConflictError);
  });
});

describe('a listener', () => {
  it('hears of all changes of all replicas, in one order', async () => {
    const ledgers = [await replica(), await replica()];
    const heard = ledgers.map(changesOf);
    await Promise.all(
      ledgers.map(async (ledger) => {
        for (let turn = 0; turn < 50; turn++) await increment(ledger);
      }),
    );
    const expected = Array.from({ length: 100 }, (_, index) => [account, index + 1]);
    // A replica that writes again before it hears of its last write hears of that one no more.
    for (const changes of heard) {
      await eventually(() => expect(changes.at(-1)).toEqual([account, 100]));
      expect(expected.filter((change) => changes.some((each) => each[1] === change[1]))).toEqual(changes);
    }
  });

  it('hears at first of what is there', async () => {
    const one = await replica();
    await one.put('person.mia', used(1), 0);
    await one.put(account, used(2), 0);
    const bus = clients.bus('policy');
    const heard = changesOf(bus.store('ledger'));
    await readyLedger(bus);
    expect(heard).toEqual([
      ['person.mia', 1],
      [account, 2],
    ]);
  });

  it('hears when the store is ready, and sees it full by then', async () => {
    await (await replica()).put(account, used(1), 0);
    const bus = clients.bus('policy');
    const ledger = bus.store('ledger');
    const heard: [boolean, number | undefined][] = [];
    ledger.onReady((ready) => heard.push([ready, usedOf(ledger)]));
    await readyLedger(bus);
    await bus.close();
    expect(heard).toEqual([
      [true, 1],
      [false, 1],
    ]);
  });

  it('that throws is reported, and takes no change from others', async () => {
    const problems: unknown[] = [];
    const ledger = await replica((status) => status.kind === 'error' && problems.push(status.message));
    ledger.onChange(() => {
      throw new Error('out of ideas');
    });
    const heard = changesOf(ledger);
    await ledger.put(account, used(1), 0);
    await eventually(() => expect(heard).toEqual([[account, 1]]));
    expect(problems).toEqual(['ledger: out of ideas']);
  });
});

describe('an entry of the wrong shape', () => {
  it.each([
    ['no JSON', 'sixty minutes'],
    ['nothing', ''],
    ['of another store', '{"seen":"2026-11-23T10:00:00.000Z"}'],
  ])('(%s) is reported, counts as none, and can be replaced', async (_, text) => {
    const problems: unknown[] = [];
    const ledger = await replica((status) => status.kind === 'error' && problems.push(status.message));
    await ledger.put('person.mia', used(1), 0);
    await ledger.put(account, used(2), 0);
    const raw = await clients.raw('policy');
    raw.publish(`$KV.nftoggle_ledger.box.${account}`, text);
    await eventually(() => ledger.get(account) === undefined);
    expect(problems).toEqual([expect.stringContaining(`${account} is of the wrong shape`)]);
    const late = await replica();
    expect([...late.entries().keys()]).toEqual(['person.mia']);
    await late.put(account, used(3), 0);
    await eventually(() => usedOf(ledger) === 3);
  });
});
