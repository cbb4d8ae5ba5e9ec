// SPDX-License-Identifier: MIT
// The daemon as it runs, on a real event stream.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bus } from '@nftoggle/bus';
import { type Daemon, statsReader } from '@nftoggle/contracts';
import {
  type DaemonProcess,
  eventually,
  freePort,
  type NatsServer,
  startDaemon,
  startNats,
} from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDenial, anEnd, aStart, ever } from './stats.fixture.ts';

const config = (stats: string) => `
version: 1
node: box
timezone: Europe/Berlin
services: { ssh: { ports: [22/tcp] } }
stats: ${stats}
`;

let nats: NatsServer;
let interceptor: Bus;
let api: Bus;
let state: string;
const undo: (() => unknown)[] = [];

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'nftoggle-stats-state-'));
  undo.push(() => rmSync(state, { recursive: true, force: true }));
  nats = await startNats();
  undo.push(() => nats.stop());
  const policy = await busOf('policy');
  policy.keepEvents(() => [statsReader]);
  [interceptor, api] = [await busOf('interceptor'), await busOf('api')];
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

function start(env: Readonly<Record<string, string>> = {}, stats = '{ keep: 90d }'): DaemonProcess {
  const main = new URL('./main.ts', import.meta.url);
  const stop = { NFTOGGLE_STATE: state, ...env };
  const daemon = startDaemon({ daemon: 'stats', main, config: config(stats), nats, env: stop });
  undo.push(() => daemon.stop('SIGKILL'));
  return daemon;
}

async function storedEvents(): Promise<number> {
  return (await api.request('statsStatus', {})).events;
}

describe('the stats daemon', () => {
  it('stores what the stream brings, answers, goes on after a kill where it was, and stops in order', async () => {
    const port = await freePort();
    let daemon = start({ NFTOGGLE_METRICS: `127.0.0.1:${port}` });
    const started = aStart();
    expect(await interceptor.publish('session_started', started.data, 'ssh')).toBe(true);
    await eventually(async () => (await storedEvents()) === 1, { withinMs: 20_000 });
    const status = await api.request('statsStatus', {});
    expect(status).toMatchObject({ daemon: 'stats', file: join(state, 'stats', 'stats.db') });
    expect(status.bytes).toBeGreaterThan(4_096);
    expect(await api.request('statsSummary', ever)).toMatchObject({ sums: { sessions: 1, denied: 0 } });

    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain('nftoggle_stats_events_total{outcome="stored"} 1');
    expect(metrics).toMatch(/nftoggle_stats_commit_seconds_count 1/);
    expect(metrics).toMatch(/nftoggle_stats_bytes [1-9]/);

    await daemon.stop('SIGKILL');
    for (let index = 0; index < 200; index += 1)
      void interceptor.publish('access_denied', aDenial({ address: `203.0.113.${index}` }).data, 'ssh');
    expect(await interceptor.publish('session_ended', anEnd({ active: 42.5 }).data, 'ssh')).toBe(true);
    daemon = start();
    await eventually(async () => (await storedEvents()) === 202, { withinMs: 30_000 });
    await eventually(async () => (await api.request('statsStatus', {})).waiting === 0);
    expect(await api.request('statsSummary', ever)).toMatchObject({
      sums: { sessions: 1, active: 42.5, denied: 200 },
    });
    expect(await api.request('statsSessions', { ...ever, limit: 5 })).toMatchObject({
      sessions: [{ session: 'abcdefghij', reason: 'idle' }],
    });
    expect(await api.request('statsDenials', { ...ever, limit: 5 })).toMatchObject({
      denials: { length: 5 },
    });
    expect(await api.request('statsEvents', { limit: 3, types: ['session_started'] })).toMatchObject({
      events: [
        { type: 'session_started', source: '/nftoggle/box/interceptor', subject: 'ssh', data: started.data },
      ],
    });
    expect(await api.request('statsSeries', { ...ever, step: 'day' })).toMatchObject({
      points: [{ denied: 200 }],
    });
    expect(await api.request('statsSummary', { ...ever, service: 'shh' })).toMatchObject({
      error: 'unknown_service',
    });

    void interceptor.publish('access_denied', aDenial().data, 'ssh');
    await eventually(async () => (await api.request('statsStatus', {})).waiting === 1);
    expect(await daemon.stop()).toBe(0);
    start();
    await eventually(async () => (await storedEvents()) === 203, { withinMs: 30_000 });
    expect(await api.request('statsSummary', ever)).toMatchObject({ sums: { denied: 201 } });
  });

  it('keeps events as long as a changed configuration says', async () => {
    const daemon = start({}, '{ keep: 90d }');
    const old = { first: '2020-01-01T00:00:00.000Z', last: '2020-01-01T00:00:00.000Z' };
    expect(await interceptor.publish('access_denied', { ...aDenial().data, ...old }, 'ssh')).toBe(true);
    await eventually(async () => (await storedEvents()) === 1, { withinMs: 20_000 });
    daemon.configure(config('{ keep: 1d, max_size: 16M }').replace('Europe/Berlin', 'Asia/Tokyo'));
    await eventually(async () => {
      const summary = await api.request('statsSummary', ever);
      return !('error' in summary) && summary.timezone === 'Asia/Tokyo';
    });
  });

  it('is the only writer of its file', async () => {
    start();
    await eventually(async () => (await storedEvents()) === 0, { withinMs: 20_000 });
    const second = start();
    expect(await second.ended).toBe(3);
    expect(second.log()).toContain('another stats daemon writes to');
  });
});
