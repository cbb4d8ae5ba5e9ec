// SPDX-License-Identifier: MIT

import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { eventually, type Link, type NatsServer, openLink, startNats } from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NoAnswerError } from './errors.ts';
import { account, changesOf, increment, type Ledger, readyLedger, used, usedOf } from './ledger.fixture.ts';
import { Clients } from './nats.fixture.ts';

let nats: NatsServer;
let link: Link;
let hasJetStream: boolean;
const clients = new Clients(() => nats);

/** With somebody who may do anything, and perhaps without JetStream. */
function alter(config: string): string {
  const withAdmin = config.replace('users = [', 'users = [\n    { user: "admin", password: "secret" }');
  return hasJetStream ? withAdmin : withAdmin.replace(/jetstream \{[^}]*\}/, '');
}

beforeEach(async () => {
  hasJetStream = true;
  nats = await startNats({ alter });
  link = await openLink(nats.url);
});
afterEach(async () => {
  await clients.close();
  await link.close();
  await nats.stop();
});

/** Of a bus whose link can be cut. */
function linkedReplica(): Promise<Ledger> {
  return readyLedger(clients.bus('policy', undefined, link.url));
}

async function elapsed(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

describe('in an outage', () => {
  it('the mirror stays, is not ready, and a write fails at once', async () => {
    const ledger = await linkedReplica();
    const revision = await ledger.put(account, used(1), 0);
    await link.cut();
    await eventually(() => !ledger.ready);
    expect(usedOf(ledger)).toBe(1);
    const time = await elapsed(() =>
      expect(ledger.put(account, used(2), revision)).rejects.toThrow(NoAnswerError),
    );
    expect(time).toBeLessThan(50);
  });

  it('a write under way fails when the connection breaks', async () => {
    const ledger = await linkedReplica();
    await nats.freeze();
    const write = ledger.put(account, used(1), 0);
    const time = await elapsed(async () => {
      await link.cut();
      await expect(write).rejects.toThrow(NoAnswerError);
    });
    expect(time).toBeLessThan(500);
  });

  it('a write fails after its deadline when the server hangs, and may happen all the same', async () => {
    const ledger = await linkedReplica();
    await nats.freeze();
    const time = await elapsed(() => expect(ledger.put(account, used(1), 0)).rejects.toThrow(NoAnswerError));
    expect(time).toBeGreaterThan(1_900);
    expect(time).toBeLessThan(3_000);
    nats.thaw();
    await eventually(() => usedOf(ledger) === 1);
  });
});

describe('after an outage', () => {
  it('what was changed and removed meanwhile is noticed, once', async () => {
    const [away, there] = [await linkedReplica(), await readyLedger(clients.bus('policy'))];
    const removed = await there.put('person.removed', used(1), 0);
    const changed = await there.put('person.changed', used(2), 0);
    await there.put('person.same', used(3), 0);
    await eventually(() => away.entries().size === 3);
    await link.cut();
    await eventually(() => !away.ready);
    const heard = changesOf(away);
    await there.remove('person.removed', removed);
    await there.put('person.changed', used(5), await there.put('person.changed', used(4), changed));
    await there.put('person.new', used(6), 0);
    await link.mend();
    await eventually(() => away.ready);
    expect([...away.entries()].sort()).toEqual([...there.entries()].sort());
    expect(heard).toEqual([
      ['person.removed', undefined],
      ['person.changed', 5],
      ['person.new', 6],
    ]);
  });

  it('changes are heard of again, however often the connection broke', async () => {
    const [away, there] = [await linkedReplica(), await readyLedger(clients.bus('policy'))];
    for (let turn = 1; turn <= 10; turn++) {
      await link.cut();
      await link.mend();
      await increment(there);
      await eventually(() => expect([away.ready, usedOf(away)]).toEqual([true, turn]));
      await increment(away).then(() => away.put(account, used(turn), away.get(account)?.revision ?? 0));
      await eventually(() => there.get(account)?.revision === away.get(account)?.revision);
    }
  });

  it('a server that lost its storage is believed: the store is empty, and can be written', async () => {
    const [one, other] = [await linkedReplica(), await readyLedger(clients.bus('policy'))];
    let revision = 0;
    for (let turn = 0; turn < 20; turn++) revision = await one.put(account, used(turn), revision);
    await eventually(() => usedOf(other) === 19);
    const heard = changesOf(other);
    await nats.kill9();
    await nats.restart({ loseStorage: true });
    await eventually(() => one.ready && other.ready);
    expect([one.entries().size, other.entries().size]).toEqual([0, 0]);
    expect(await one.put(account, used(60), 0)).toBe(1);
    await eventually(() => usedOf(other) === 60);
    expect(heard).toEqual([
      [account, undefined],
      [account, 60],
    ]);
  });

  it('a server that was killed while it was written to has every write that it confirmed', async () => {
    const ledger = await readyLedger(clients.bus('policy'));
    for (let round = 0; round < 8; round++) {
      let confirmed = usedOf(ledger) ?? 0;
      const goal = confirmed + 10 + 7 * round;
      const writer = (async () => {
        for (;;) {
          await increment(ledger);
          confirmed = usedOf(ledger) ?? 0;
        }
      })();
      const outcome = expect(writer).rejects.toThrow(NoAnswerError);
      await eventually(() => confirmed >= goal);
      await nats.kill9();
      await outcome;
      await nats.restart();
      await eventually(() => ledger.ready);
      // The one that was under way may have happened.
      expect([confirmed, confirmed + 1]).toContain(usedOf(ledger));
    }
  });

  it('a bucket that vanished under a live connection is made anew', async () => {
    const ledger = await linkedReplica();
    await ledger.put(account, used(1), 0);
    const admin = await connect({ servers: nats.url, user: 'admin', pass: 'secret' });
    await (await jetstreamManager(admin)).streams.delete('KV_nftoggle_ledger');
    await admin.close();
    await eventually(() => ledger.entries().size === 0, { withinMs: 10_000 });
    await eventually(() => ledger.ready);
    await ledger.put(account, used(2), 0);
  }, 15_000);
});

describe('a server without JetStream', () => {
  it('is reported once, is no store, and becomes one when it has it', async () => {
    hasJetStream = false;
    await nats.restart();
    const problems: string[] = [];
    const bus = clients.bus('policy', (status) => status.kind === 'error' && problems.push(status.message));
    const ledger = bus.store('ledger');
    await eventually(() => problems.length > 0);
    expect(problems).toEqual([expect.stringContaining('ledger: jetstream is not enabled')]);
    await expect(ledger.put(account, used(1), 0)).rejects.toThrow(NoAnswerError);
    expect(ledger.ready).toBe(false);
    hasJetStream = true;
    await nats.restart();
    await eventually(() => ledger.ready);
    await ledger.put(account, used(1), 0);
    expect(problems).toHaveLength(1);
  });
});

describe('a large store', () => {
  it('is read at the pace of its reader', async () => {
    const writer = await readyLedger(clients.bus('policy'));
    const days = Array.from({ length: 6_000 }, (_, index) => [
      `${2000 + index}-01-01`,
      { used: 1, bonus: 0 },
    ]);
    const large = { days: Object.fromEntries(days), meters: {} };
    for (let number = 0; number < 30; number++) await writer.put(`person.p${number}`, large, 0);
    const reader = await linkedReplica();
    expect(reader.entries().size).toBe(30);
    await link.cut();
    await eventually(() => !reader.ready);
    await link.mend();
    await eventually(() => reader.ready);
    expect(reader.entries().size).toBe(30);
  }, 30_000);
});
