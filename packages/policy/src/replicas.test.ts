// SPDX-License-Identifier: MIT
// Two replicas, each in a process of its own, that share grants and the ledger: what dies in the middle of its
// work, and what is asked twice because of it, changes no sum.
import { randomUUID } from 'node:crypto';
import { Bus } from '@nftoggle/bus';
import type { Allowances, ChargeRequest, Daemon, GrantIssued } from '@nftoggle/contracts';
import {
  aFlow,
  type DaemonProcess,
  eventually,
  type NatsServer,
  startDaemon,
  startNats,
} from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTap, type Tap } from './tap.fixture.ts';

const config = `
version: 1
node: box
timezone: Europe/Berlin
devices:
  console: { mac: 02:00:00:00:01:40 }
  tablet: { mac: 02:00:00:00:01:10 }
people:
  leo:
    role: child
    devices: [console, tablet]
    allowance: { daily: 10m, warn_before: [5m, 1m] }
services:
  play:
    ports: [3478/udp]
    direction: out
    allow:
      - { from: [console, tablet], allowance: { monthly: 200h } }
`;
const accounts = ['person.leo', 'service.play.console', 'service.play.tablet'] as const;

const undo: (() => unknown)[] = [];
let nats: NatsServer;
let api: Bus;
let tap: Tap;
let replicas: [DaemonProcess, DaemonProcess];

beforeEach(async () => {
  nats = await startNats();
  undo.push(() => nats.stop());
  tap = await openTap(nats);
  undo.push(() => tap.close());
  api = await connected('api');
  replicas = [startReplica(), startReplica()];
  await allReady();
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function connected(daemon: Daemon): Promise<Bus> {
  const { url, seeds } = nats;
  const bus = new Bus({ url, seed: seeds[daemon], node: 'box', daemon });
  undo.push(() => bus.close());
  await bus.ready;
  return bus;
}

function startReplica(): DaemonProcess {
  const main = new URL('./main.ts', import.meta.url);
  const replica = startDaemon({ daemon: 'policy', main, config, nats });
  undo.push(() => replica.stop('SIGKILL'));
  return replica;
}

/** The queue group hands each question to any of them, so ask until each has answered. */
async function allReady(): Promise<void> {
  const ready = new Set<number>();
  await eventually(
    async () => {
      const status = await api.request('policyStatus', {});
      if (status.ready) ready.add(status.pid);
      return replicas.every(({ pid }) => ready.has(pid));
    },
    { withinMs: 20_000 },
  );
}

/** What an interceptor does: it measures, and repeats each charge until it is confirmed. */
class Meter {
  readonly #bus: Bus;
  readonly #id = randomUUID();
  #sequence = 0;
  repeated = 0;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  async charge(milliseconds: number): Promise<void> {
    this.#sequence += 1;
    const to = Date.now();
    const request: ChargeRequest = {
      meter: this.#id,
      sequence: this.#sequence,
      from: new Date(to - 10_000).toISOString(),
      to: new Date(to).toISOString(),
      charges: accounts.map((account) => ({ account, seconds: milliseconds / 1_000 })),
    };
    await eventually(() => this.#confirmed(request), { withinMs: 30_000 });
  }

  async #confirmed(request: ChargeRequest): Promise<boolean> {
    try {
      const reply = await this.#bus.request('charge', request);
      if (!('error' in reply)) return true;
    } catch {
      // Nobody answered: whether it was charged is not known.
    }
    this.repeated += 1;
    return false;
  }
}

async function twoMeters(): Promise<readonly [Meter, Meter]> {
  const interceptor = await connected('interceptor');
  return [new Meter(interceptor), new Meter(interceptor)];
}

async function chargeAll(meters: readonly Meter[], times: number, milliseconds: number): Promise<void> {
  await Promise.all(
    meters.map(async (meter) => {
      for (let count = 0; count < times; count += 1) await meter.charge(milliseconds);
    }),
  );
}

/** Seconds, by account, in the longest period that it has. */
async function used(): Promise<Readonly<Record<string, number>>> {
  const reply = (await api.request('allowances', {})) as Allowances;
  return Object.fromEntries(
    reply.allowances.map(({ account, periods }) => [account, periods.at(-1)?.used ?? -1]),
  );
}

const everyAccount = (seconds: number) => Object.fromEntries(accounts.map((account) => [account, seconds]));

describe('the ledger of two replicas', () => {
  it('is exact when two meters charge three accounts at once', async () => {
    await chargeAll(await twoMeters(), 300, 250);
    await eventually(async () => expect(await used()).toEqual(everyAccount(150)));
  });

  it('is exact when a replica dies in the middle, and another one comes', async () => {
    const meters = await twoMeters();
    const charging = chargeAll(meters, 300, 250);
    await eventually(async () => ((await used())[accounts[0]] ?? 0) >= 30);
    await replicas[0].stop('SIGKILL');
    replicas[0] = startReplica();
    await charging;
    await allReady();
    await eventually(async () => expect(await used()).toEqual(everyAccount(150)));
  });

  it('is exact when the server dies in the middle', async () => {
    const meters = await twoMeters();
    const charging = chargeAll(meters, 300, 250);
    await eventually(async () => ((await used())[accounts[0]] ?? 0) >= 30);
    await nats.kill9();
    await nats.restart();
    await charging;
    expect(meters[0].repeated + meters[1].repeated).toBeGreaterThan(0);
    await eventually(async () => expect(await used()).toEqual(everyAccount(150)));
  });

  it('is put back when the server loses its storage, and outlives the replicas then', async () => {
    const meters = await twoMeters();
    await chargeAll(meters, 20, 250);
    await eventually(async () => expect(await used()).toEqual(everyAccount(10)));
    await nats.kill9();
    await nats.restart({ loseStorage: true });
    await chargeAll(meters, 20, 250);
    await eventually(async () => expect(await used()).toEqual(everyAccount(20)));
    for (const replica of replicas) await replica.stop('SIGKILL');
    replicas = [startReplica(), startReplica()];
    await allReady();
    expect(await used()).toEqual(everyAccount(20));
  });

  it('warns once at each mark, whichever replica charged', async () => {
    await chargeAll(await twoMeters(), 110, 3_000);
    await eventually(() => tap.of('allowance_spent').length > 0);
    await api.request('policyStatus', {});
    expect(tap.of('allowance_low').map(({ account, left }) => [account, Math.round(left / 60)])).toEqual([
      ['person.leo', 5],
      ['person.leo', 1],
    ]);
    expect(tap.of('allowance_spent')).toMatchObject([{ account: 'person.leo', who: 'leo', left: 0 }]);
  });
});

describe('the grants of two replicas', () => {
  const decision = async (interceptor: Bus, address: string) =>
    (await interceptor.request('decide', { flow: aFlow({ service: 'play', source: { address } }) })).reason;

  async function issue(source: string, seconds: number): Promise<GrantIssued> {
    const reply = await api.request('grantIssue', { service: 'play', source, seconds, by: 'ada' });
    if ('error' in reply) throw new Error(reply.message);
    return reply;
  }

  /** Of as many questions as both replicas get some of. */
  async function answers(interceptor: Bus, address: string): Promise<ReadonlySet<string>> {
    return new Set(await Promise.all(Array.from({ length: 20 }, () => decision(interceptor, address))));
  }

  it('are what both go by, and outlive both', async () => {
    const interceptor = await connected('interceptor');
    const { grant } = await issue('203.0.113.66', 3_600);
    await eventually(async () => {
      expect(await answers(interceptor, '203.0.113.66')).toEqual(new Set(['grant_allows']));
    });
    for (const replica of replicas) await replica.stop('SIGKILL');
    replicas = [startReplica(), startReplica()];
    await allReady();
    expect(await answers(interceptor, '203.0.113.66')).toEqual(new Set(['grant_allows']));
    expect(await api.request('grantList', {})).toMatchObject({ grants: [grant] });
    await api.request('grantRevoke', { id: grant.id, by: 'ada' });
    await eventually(async () => {
      expect(await answers(interceptor, '203.0.113.66')).toEqual(new Set(['no_rule']));
    });
    expect(tap.of('grant_issued')).toHaveLength(1);
    expect(tap.of('grant_revoked')).toHaveLength(1);
  });

  it('are one where the same is issued many times at once', async () => {
    const issued = await Promise.all(Array.from({ length: 20 }, () => issue('203.0.113.66', 3_600)));
    expect(issued.filter(({ extended }) => !extended)).toHaveLength(1);
    expect(await api.request('grantList', {})).toMatchObject({ grants: [{ source: '203.0.113.66' }] });
    await eventually(() => tap.of('grant_extended').length === 19);
  });

  it('end once each, when their time is over', async () => {
    const sources = Array.from({ length: 10 }, (_, index) => `203.0.113.${index}`);
    const issued = await Promise.all(sources.map((source) => issue(source, 1)));
    const late = await issue('203.0.113.66', 3_600);
    await eventually(() => tap.of('grant_ended').length >= sources.length);
    const lateness = Math.max(...issued.map(({ grant }) => Date.now() - Date.parse(grant.until)));
    expect(lateness).toBeLessThan(1_000);
    await eventually(async () => {
      expect(await api.request('grantList', {})).toMatchObject({ grants: [late.grant] });
    });
    expect(tap.of('grant_ended')).toHaveLength(sources.length);
  });

  it('end once all replicas are back, when their time was over before', async () => {
    const { grant } = await issue('203.0.113.66', 1);
    for (const replica of replicas) await replica.stop('SIGKILL');
    await eventually(() => Date.now() > Date.parse(grant.until));
    replicas = [startReplica(), startReplica()];
    await allReady();
    await eventually(() => tap.of('grant_ended').length > 0);
    expect(tap.of('grant_ended')).toEqual([{ grant, by: null }]);
  });
});
