// SPDX-License-Identifier: MIT
import {
  aDecision,
  aFlow,
  eventually,
  freePort,
  keepEvents,
  type Link,
  type NatsServer,
  openLink,
  startNats,
} from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bus, type BusStatus } from './bus.ts';
import { NoAnswerError } from './errors.ts';
import { newSeed } from './key.ts';
import { Clients, heardRevisions, revision } from './nats.fixture.ts';
import { maxBacklog } from './outbox.ts';

const deny = aDecision({ decision: 'deny', reason: 'no_rule', rule: null, until: null, bound: null });

let nats: NatsServer;
let keeper: { close(): Promise<void> };
let link: Link;
const clients = new Clients(() => nats);

beforeEach(async () => {
  nats = await startNats();
  keeper = await keepEvents(nats);
  link = await openLink(nats.url);
});
afterEach(async () => {
  await clients.close();
  await keeper.close();
  await link.close();
  await nats.stop();
});

describe('when the server crashes', () => {
  it('requests fail at once, and are answered again within 2 s of its return', async () => {
    const policy = clients.bus('policy');
    policy.serve('decide', () => deny);
    await policy.ready;
    const interceptor = await clients.connected('interceptor');
    await interceptor.request('decide', { flow: aFlow() });
    await nats.kill9();
    await eventually(() => !interceptor.connected && !policy.connected, { withinMs: 500 });
    const began = performance.now();
    await expect(interceptor.request('decide', { flow: aFlow() })).rejects.toThrow(NoAnswerError);
    expect(performance.now() - began).toBeLessThan(1_000);
    await nats.restart();
    await eventually(() => interceptor.request('decide', { flow: aFlow() }), { withinMs: 2_000 });
  });

  it('says so, once for each change', async () => {
    const statuses: BusStatus[] = [];
    const policy = clients.bus('policy', (status) => statuses.push(status));
    await policy.ready;
    await nats.kill9();
    await eventually(() => !policy.connected);
    await nats.restart();
    await eventually(() => policy.connected);
    await policy.close();
    const kinds = statuses.map((status) => status.kind).filter((kind) => kind !== 'error');
    expect(kinds).toEqual(['connected', 'disconnected', 'connected', 'closed']);
  });
});

describe('events', () => {
  it('wait while the server is away, and are delivered in order', async () => {
    const tap = await clients.raw('tap');
    const heard = heardRevisions(tap);
    await tap.flush();
    const policy = clients.bus('policy', undefined, link.url);
    await policy.ready;
    await link.cut();
    await eventually(() => !policy.connected);
    const sent = Array.from({ length: 500 }, (_, number) => revision(number));
    for (const each of sent) policy.publish('config_changed', { daemon: 'policy', revision: each });
    await link.mend();
    await eventually(() => heard.length >= sent.length);
    expect(heard).toEqual(sent);
  });

  it('are not lost when the connection breaks under them', async () => {
    const tap = await clients.raw('tap');
    const heard = heardRevisions(tap);
    await tap.flush();
    const policy = clients.bus('policy', undefined, link.url);
    await policy.ready;
    const sent: string[] = [];
    for (let number = 0; number < 300; number++) {
      sent.push(revision(number));
      policy.publish('config_changed', { daemon: 'policy', revision: revision(number) });
      if (number % 100 === 50) await link.cut().then(() => link.mend());
      else await new Promise(setImmediate);
    }
    await eventually(() => heard.length >= sent.length);
    expect(heard).toEqual(sent);
  });

  it('are dropped oldest first when too many wait', async () => {
    const tap = await clients.raw('tap');
    const heard = heardRevisions(tap);
    await tap.flush();
    const policy = clients.bus('policy', undefined, link.url);
    await policy.ready;
    await link.cut();
    await eventually(() => !policy.connected);
    for (let number = 0; number < maxBacklog + 10; number++) {
      policy.publish('config_changed', { daemon: 'policy', revision: revision(number) });
    }
    await link.mend();
    await eventually(() => heard.length >= maxBacklog);
    expect(heard[0]).toBe(revision(10));
    expect(heard.at(-1)).toBe(revision(maxBacklog + 9));
  });
});

describe('a follower', () => {
  it('learns of each connection, and hears events again by then', async () => {
    const interceptor = clients.bus('interceptor', undefined, link.url);
    let connections = 0;
    const heard: unknown[] = [];
    interceptor.onConnected(() => {
      connections += 1;
    });
    interceptor.follow('permissions_changed', ({ data }) => void heard.push(data.services));
    await interceptor.ready;
    const policy = await clients.connected('policy');
    for (const outages of [0, 1, 2, 3]) {
      await eventually(() => connections === outages + 1);
      await interceptor.request('decide', { flow: aFlow() }).catch(() => {});
      policy.publish('permissions_changed', { because: 'grant', services: [`s${outages}`] });
      await eventually(() => heard.length === outages + 1);
      await link.cut();
      await eventually(() => !interceptor.connected);
      await link.mend();
    }
    expect(heard).toEqual([['s0'], ['s1'], ['s2'], ['s3']]);
  });

  it('of connections that throws is reported, and the others learn of it all the same', async () => {
    const problems: unknown[] = [];
    const bus = clients.bus('policy', (status) => status.kind === 'error' && problems.push(status.message));
    let learnt = false;
    bus.onConnected(() => {
      throw new Error('out of ideas');
    });
    bus.onConnected(() => {
      learnt = true;
    });
    await eventually(() => learnt && problems.length === 1);
    expect(problems).toEqual(['onConnected: out of ideas']);
  });
});

describe('without a server', () => {
  it('a bus waits for it, fails requests meanwhile, and serves as soon as it is there', async () => {
    await link.cut();
    const policy = clients.bus('policy', undefined, link.url);
    policy.serve('decide', () => deny);
    const interceptor = await clients.connected('interceptor');
    await expect(interceptor.request('decide', { flow: aFlow() })).rejects.toThrow(NoAnswerError);
    await expect(policy.request('decide', { flow: aFlow() })).rejects.toThrow(NoAnswerError);
    await link.mend();
    await policy.ready;
    expect(await interceptor.request('decide', { flow: aFlow() })).toEqual(deny);
  });

  it('a bus can be closed, and then leaves the server alone when it comes', async () => {
    const port = await freePort();
    const bus = clients.bus('policy', undefined, `nats://127.0.0.1:${port}`);
    await bus.close();
    await expect(bus.ready).rejects.toThrow('closed');
  });
});

describe('closing', () => {
  it('ends a bus at whatever point of its start', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const bus = clients.bus('policy');
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      await bus.close();
      expect(bus.connected).toBe(false);
    }
  });
});

describe('with a wrong key', () => {
  it('a bus says so once, and does not connect', async () => {
    const problems: string[] = [];
    const bus = new Bus({
      url: nats.url,
      seed: newSeed(),
      node: 'box',
      daemon: 'policy',
      onStatus: (status) => status.kind === 'error' && problems.push(status.message),
    });
    await expect(bus.ready).rejects.toThrow(/authorization/i);
    expect(problems).toHaveLength(1);
    expect(bus.connected).toBe(false);
    await bus.close();
  });
});
