// SPDX-License-Identifier: MIT
import type { Decision, EventData } from '@nftoggle/contracts';
import { aDecision, aFlow, eventually, keepEvents, type NatsServer, startNats } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusStatus } from './bus.ts';
import { BadAnswerError, NoAnswerError } from './errors.ts';
import { inboxPrefix } from './inbox.ts';
import { Clients, heardRevisions, revision } from './nats.fixture.ts';

const allow = aDecision();
const subject = 'nftoggle.v1.box.flow.decide';

let nats: NatsServer;
let keeper: { close(): Promise<void> };
const clients = new Clients(() => nats);

beforeAll(async () => {
  nats = await startNats();
  keeper = await keepEvents(nats);
});
afterEach(() => clients.close());
afterAll(async () => {
  await keeper.close();
  await nats.stop();
});

describe('a request', () => {
  it('is answered by who serves it', async () => {
    const policy = clients.bus('policy');
    policy.serve('decide', ({ flow }) => ({ ...allow, rule: flow.service }));
    await policy.ready;
    const interceptor = await clients.connected('interceptor');
    expect(await interceptor.request('decide', { flow: aFlow() })).toEqual({ ...allow, rule: 'ssh' });
  });

  it('is answered also when serving began after the connection', async () => {
    const policy = await clients.connected('policy');
    policy.serve('decide', () => allow);
    const interceptor = await clients.connected('interceptor');
    await eventually(() => interceptor.request('decide', { flow: aFlow() }));
  });

  it('fails at once when nobody serves it', async () => {
    const interceptor = await clients.connected('interceptor');
    const began = performance.now();
    await expect(interceptor.request('decide', { flow: aFlow() })).rejects.toThrow(NoAnswerError);
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('fails after its deadline when the answer does not come', async () => {
    const policy = clients.bus('policy');
    policy.serve('decide', () => new Promise<Decision>(() => {}));
    await policy.ready;
    const interceptor = await clients.connected('interceptor');
    const began = performance.now();
    await expect(interceptor.request('decide', { flow: aFlow() })).rejects.toThrow(NoAnswerError);
    expect(performance.now() - began).toBeGreaterThan(950);
  });

  it.each([
    ['no JSON', 'allow'],
    ['nothing', ''],
    ['another shape', '{"decision":"allow"}'],
    ['an unknown reason', JSON.stringify({ ...allow, reason: 'because' })],
  ])('refuses an answer that is %s', async (_, answer) => {
    const policy = await clients.raw('policy');
    policy.subscribe(subject, { callback: (_error, message) => void message.respond(answer) });
    await policy.flush();
    const interceptor = await clients.connected('interceptor');
    await expect(interceptor.request('decide', { flow: aFlow() })).rejects.toThrow(BadAnswerError);
  });

  it.each([
    ['of the wrong shape', '{"flow":{"service":"ssh"}}'],
    ['that is no JSON', 'open sesame'],
  ])('%s reaches no handler and gets no answer, and the next one does', async (_, text) => {
    const statuses: BusStatus[] = [];
    const policy = clients.bus('policy', (status) => statuses.push(status));
    const served: string[] = [];
    policy.serve('decide', ({ flow }) => {
      served.push(flow.service);
      return allow;
    });
    await policy.ready;
    const raw = await clients.raw('interceptor');
    const reply = `${inboxPrefix('interceptor', 'policy')}.mine`;
    const ask = (question: string) => raw.request(subject, question, { timeout: 200, noMux: true, reply });
    await expect(ask(text)).rejects.toThrow();
    await ask(JSON.stringify({ flow: aFlow() }));
    expect(served).toEqual(['ssh']);
    expect(statuses).toContainEqual({ kind: 'error', message: expect.stringContaining('wrong shape') });
  });

  it('gets no answer from a handler that throws, which is reported', async () => {
    const statuses: BusStatus[] = [];
    const policy = clients.bus('policy', (status) => statuses.push(status));
    policy.serve('decide', () => {
      throw new Error('out of ideas');
    });
    await policy.ready;
    const interceptor = await clients.connected('interceptor');
    await expect(interceptor.request('decide', { flow: aFlow() })).rejects.toThrow(NoAnswerError);
    expect(statuses).toContainEqual({ kind: 'error', message: 'decide: out of ideas' });
  });

  it('gets its own answer, however many replicas of the asker ask at once', async () => {
    const policy = clients.bus('policy');
    policy.serve('decide', ({ flow }) => ({ ...allow, rule: flow.source.address }));
    await policy.ready;
    const askers = [await clients.connected('interceptor'), await clients.connected('interceptor')];
    const asked = askers.flatMap((asker, replica) =>
      Array.from({ length: 50 }, async (_, n) => {
        const address = `192.0.2.${replica * 100 + n}`;
        const { rule } = await asker.request('decide', { flow: aFlow({ source: { address } }) });
        expect(rule).toBe(address);
      }),
    );
    await Promise.all(asked);
  });

  it('goes to one replica, and all replicas share the work', async () => {
    const counts = [0, 0];
    for (const index of [0, 1]) {
      const replica = clients.bus('policy');
      replica.serve('decide', () => {
        counts[index] = (counts[index] ?? 0) + 1;
        return allow;
      });
      await replica.ready;
    }
    const interceptor = await clients.connected('interceptor');
    const flow = aFlow();
    await Promise.all(Array.from({ length: 100 }, () => interceptor.request('decide', { flow })));
    expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(100);
    expect(Math.min(...counts)).toBeGreaterThan(10);
  });
});

describe('an event', () => {
  it('is a CloudEvent on the subject of its type', async () => {
    const tap = await clients.raw('tap');
    const messages: unknown[] = [];
    tap.subscribe('nftoggle.>', {
      callback: (_, message) => void messages.push([message.subject, message.json()]),
    });
    await tap.flush();
    const policy = await clients.connected('policy');
    policy.publish('config_changed', { daemon: 'policy', revision: revision(1) }, 'all');
    await eventually(() => messages.length === 1);
    expect(messages[0]).toEqual([
      expect.stringMatching(/^nftoggle\.v1\.box\.config\.changed\.[0-7]$/),
      {
        specversion: '1.0',
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}$/),
        source: '/nftoggle/box/policy',
        type: 'config_changed',
        subject: 'all',
        time: expect.stringMatching(/Z$/),
        datacontenttype: 'application/json',
        data: { daemon: 'policy', revision: revision(1) },
      },
    ]);
  });

  it('of the wrong shape is a fault of its author', async () => {
    const policy = await clients.connected('policy');
    expect(() => policy.publish('config_changed', { daemon: 'policy', revision: 'latest' })).toThrow();
  });

  it('that is too large is dropped and reported, and takes no other with it', async () => {
    const tap = await clients.raw('tap');
    const heard = heardRevisions(tap);
    await tap.flush();
    const statuses: BusStatus[] = [];
    const policy = clients.bus('policy', (status) => statuses.push(status));
    policy.publish('config_changed', { daemon: 'policy', revision: revision(1) });
    const problem = 'x'.repeat(300_000);
    expect(() =>
      policy.publish('config_refused', { daemon: 'policy', revision: revision(2), problem }),
    ).not.toThrow();
    policy.publish('config_changed', { daemon: 'policy', revision: revision(3) });
    await eventually(() => expect(heard).toEqual([revision(1), revision(3)]));
    expect(statuses).toContainEqual({ kind: 'error', message: expect.stringContaining('too large') });
  });

  it('published right before closing is delivered', async () => {
    const tap = await clients.raw('tap');
    const heard = heardRevisions(tap);
    await tap.flush();
    const policy = await clients.connected('policy');
    for (let number = 0; number < 100; number++) {
      policy.publish('config_changed', { daemon: 'policy', revision: revision(number) });
      if (number % 10 === 0) await new Promise(setImmediate);
    }
    await policy.close();
    await eventually(() => heard.length === 100);
  });
});

describe('a follower', () => {
  const because: EventData<'permissions_changed'> = { because: 'grant', services: ['ssh'] };

  it('hears the events of the table, each replica every one', async () => {
    const heard: unknown[] = [];
    for (const replica of ['one', 'other']) {
      const interceptor = clients.bus('interceptor');
      interceptor.follow('permissions_changed', ({ data }) => void heard.push([replica, data]));
      await interceptor.ready;
    }
    const policy = await clients.connected('policy');
    policy.publish('permissions_changed', because);
    await eventually(() => heard.length === 2);
    expect(heard.sort()).toEqual([
      ['one', because],
      ['other', because],
    ]);
  });

  it('hears them also when following began after the connection', async () => {
    const interceptor = await clients.connected('interceptor');
    const heard: string[] = [];
    interceptor.follow('permissions_changed', ({ source }) => void heard.push(source));
    const policy = await clients.connected('policy');
    await eventually(() => {
      policy.publish('permissions_changed', because);
      return heard.length > 0;
    });
    expect(heard[0]).toBe('/nftoggle/box/policy');
  });

  it.each([
    ['no JSON', 'changed'],
    ['no event', JSON.stringify(because)],
    ['another event', JSON.stringify({ type: 'config_changed' })],
  ])('does not hear what is %s, which is reported', async (_, text) => {
    const statuses: BusStatus[] = [];
    const interceptor = clients.bus('interceptor', (status) => statuses.push(status));
    const heard: unknown[] = [];
    interceptor.follow('permissions_changed', ({ data }) => void heard.push(data));
    await interceptor.ready;
    const raw = await clients.raw('policy');
    raw.publish('nftoggle.v1.box.permissions.changed.0', text);
    await raw.flush();
    const policy = await clients.connected('policy');
    policy.publish('permissions_changed', because);
    await eventually(() => expect(heard).toEqual([because]));
    expect(statuses).toContainEqual({ kind: 'error', message: expect.stringContaining('wrong shape') });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('out of ideas');
      },
    ],
    ['fails later', () => Promise.reject(new Error('out of ideas'))],
  ])('that %s is reported, and hears the next one', async (_, fail) => {
    const statuses: BusStatus[] = [];
    const interceptor = clients.bus('interceptor', (status) => statuses.push(status));
    let heard = 0;
    interceptor.follow('permissions_changed', () => {
      heard += 1;
      return fail();
    });
    await interceptor.ready;
    const policy = await clients.connected('policy');
    policy.publish('permissions_changed', because);
    policy.publish('permissions_changed', because);
    await eventually(() => heard === 2);
    expect(statuses).toContainEqual({ kind: 'error', message: 'permissions_changed: out of ideas' });
  });

  it('must be named by the table', async () => {
    expect(() => clients.bus('api').follow('permissions_changed', () => {})).toThrow(TypeError);
    expect(() => clients.bus('interceptor').follow('session_started', () => {})).toThrow(TypeError);
  });
});

describe('the follower of all events', () => {
  it('hears every type once, whoever published it', async () => {
    const api = clients.bus('api');
    const heard: string[] = [];
    api.followAll((event) => void heard.push(`${event.type} ${event.source}`));
    await api.ready;
    const policy = await clients.connected('policy');
    const wol = await clients.connected('wol');
    policy.publish('permissions_changed', { because: 'clock', services: null });
    wol.publish('config_changed', { daemon: 'wol', revision: revision(1) });
    await eventually(() => heard.length === 2);
    expect(heard.sort()).toEqual([
      'config_changed /nftoggle/box/wol',
      'permissions_changed /nftoggle/box/policy',
    ]);
  });

  it('is the api alone', () => {
    expect(() => clients.bus('interceptor').followAll(() => {})).toThrow(TypeError);
  });
});
