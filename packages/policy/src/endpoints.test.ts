// SPDX-License-Identifier: MIT
import { Bus } from '@nftoggle/bus';
import type { Loaded } from '@nftoggle/config';
import type { Daemon } from '@nftoggle/contracts';
import { aFlow, aLoaded, type NatsServer, startNats } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { servePolicy } from './endpoints.ts';

const closed = aLoaded('version: 1\ntimezone: Europe/Berlin\nservices: { ssh: { ports: [22/tcp] } }');
const open = aLoaded(
  'version: 1\ntimezone: Europe/Berlin\nservices: { ssh: { ports: [22/tcp], allow: [any] } }',
);

let nats: NatsServer;
const buses: Bus[] = [];

beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.stop());
afterEach(async () => {
  for (const bus of buses.splice(0)) await bus.close();
});

function busOf(daemon: Daemon): Bus {
  const bus = new Bus({
    url: nats.url,
    user: daemon,
    password: nats.passwords[daemon],
    node: 'box',
    daemon,
  });
  buses.push(bus);
  return bus;
}

async function connected(daemon: Daemon): Promise<Bus> {
  const bus = busOf(daemon);
  await bus.ready;
  return bus;
}

/** A policy daemon without its process; `change` does what a new file does. */
async function startPolicy(): Promise<{ change: (loaded: Loaded) => void }> {
  let current = closed;
  const listeners: ((loaded: Loaded) => void)[] = [];
  const started = new Date().toISOString();
  const bus = busOf('policy');
  servePolicy({
    bus,
    loaded: () => current,
    onConfig: (listener) => listeners.push(listener),
    status: () => ({ daemon: 'policy', pid: 1, started, revision: current.revision, problem: null }),
  });
  await bus.ready;
  return {
    change: (loaded) => {
      current = loaded;
      for (const listener of listeners) listener(loaded);
    },
  };
}

describe('policy on the bus', () => {
  it('answers questions, and by the new configuration as soon as it is in force', async () => {
    const policy = await startPolicy();
    const interceptor = await connected('interceptor');
    expect(await interceptor.request('decide', { flow: aFlow() })).toMatchObject({
      decision: 'deny',
      reason: 'no_rule',
      revision: closed.revision,
    });
    policy.change(open);
    expect(await interceptor.request('decide', { flow: aFlow() })).toMatchObject({
      decision: 'allow',
      rule: 'services.ssh.allow[0]',
      revision: open.revision,
    });
  });

  it('explains to the api, and counts decisions but not explanations', async () => {
    await startPolicy();
    const interceptor = await connected('interceptor');
    const api = await connected('api');
    const explanation = await api.request('explain', { source: '203.0.113.66', service: 'ssh' });
    expect(explanation).toMatchObject({ decision: 'deny', checks: [] });
    const refusal = await api.request('explain', { source: '203.0.113.66', service: 'ftp' });
    expect(refusal).toMatchObject({ error: 'unknown_service' });
    await interceptor.request('decide', { flow: aFlow() });
    const status = await api.request('policyStatus', {});
    expect(status).toMatchObject({ daemon: 'policy', decisions: { allowed: 0, denied: 1 } });
  });
});
