// SPDX-License-Identifier: MIT
// wol's answers on a real bus, with real sockets and a real command, on loopback.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bus } from '@nftoggle/bus';
import type { Daemon } from '@nftoggle/contracts';
import { Metrics } from '@nftoggle/daemon';
import { aLoaded, eventually, freePort, type NatsServer, startNats } from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveWol } from './endpoints.ts';

const undo: (() => unknown)[] = [];
let nats: NatsServer;
let wol: Bus;
let interceptor: Bus;
let api: Bus;
let metrics: Metrics;

const loaded = aLoaded(`
version: 1
node: box
devices:
  nas: { mac: 00:11:32:aa:bb:cc, address: 127.0.0.1, wake: { run: [/bin/sh, -c, exit 4] } }
  printer: { mac: 00:11:32:aa:bb:cd, address: 127.0.0.2 }
`);

beforeEach(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-wol-'));
  undo.push(() => rmSync(directory, { recursive: true, force: true }));
  nats = await startNats();
  undo.push(() => nats.stop());
  [wol, interceptor, api] = [await busOf('wol'), await busOf('interceptor'), await busOf('api')];
  metrics = new Metrics('wol');
  const started = '2026-11-23T12:00:00.000Z';
  serveWol({
    bus: wol,
    metrics,
    loaded: () => loaded,
    log: { info: () => undefined, warn: () => undefined },
    settings: { NFTOGGLE_STATE: directory },
    onStop: (_, step) => undo.push(step),
    status: () => ({ daemon: 'wol', pid: 1, started, revision: loaded.revision, problem: null }),
  });
  // It serves when the server has heard of it, which may be later than a question of somebody else.
  await eventually(() => api.request('wolStatus', {}));
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function busOf(daemon: Daemon): Promise<Bus> {
  const { url, seeds } = nats;
  const bus = new Bus({ url, seed: seeds[daemon], node: 'box', daemon });
  undo.push(() => bus.close());
  await bus.ready;
  return bus;
}

async function listen(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => server.close());
}

describe('wol on the bus', () => {
  it('runs the command, says when the port answers, and learns how long it took', async () => {
    const port = { protocol: 'tcp', port: await freePort() } as const;
    const question = { device: 'nas', port, address: null, by: 'minecraft' };
    expect(await interceptor.request('wake', { ...question, patience: 400 })).toMatchObject({
      state: 'waking',
      expected: null,
    });
    expect(await api.request('wolStatus', {})).toMatchObject({
      waking: [{ device: 'nas', by: 'minecraft', packets: 0 }],
      devices: [{ device: 'nas', expected: null }],
    });
    expect(await metrics.text()).toContain('nftoggle_waking 1\n');
    const asked = interceptor.request('wake', { ...question, patience: 5_000 });
    await listen(port.port);
    expect(await asked).toMatchObject({ state: 'ready', device: 'nas' });
    await eventually(async () => (await api.request('wolStatus', {})).devices[0]?.expected?.wakes === 1);
    expect(await api.request('wolStatus', {})).toMatchObject({
      waking: [],
      devices: [{ device: 'nas', expected: { wakes: 1 } }],
    });
    const request = { device: 'nas', after: 1, patience: 0, doctor: false, by: 'anna' };
    const trace = await api.request('wakeTrace', request);
    expect(trace).toMatchObject({ done: true, ok: true });
    expect(JSON.stringify(trace)).toContain('/bin/sh ended with 4');
    const text = await metrics.text();
    expect(text).toContain('nftoggle_wakes_total{device="nas",outcome="ready"} 1\n');
    expect(text).toContain('nftoggle_wake_seconds_count{device="nas"} 1\n');
    expect(text).toContain('nftoggle_waking 0\n');
  });

  it('knows no device that is not there, or cannot be woken', async () => {
    for (const device of ['toaster', 'printer']) {
      const question = { device, port: null, address: null, patience: 0, by: 'minecraft' };
      expect(await interceptor.request('wake', question)).toMatchObject({ error: 'unknown_name' });
    }
  });
});
