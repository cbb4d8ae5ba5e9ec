// SPDX-License-Identifier: MIT
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { Bus } from '@nftoggle/bus';
import type { Daemon, InterceptorStatus } from '@nftoggle/contracts';
import {
  type DaemonProcess,
  eventually,
  freePort,
  type NatsServer,
  startDaemon,
  startNats,
} from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  anEvent,
  explanation,
  grant,
  hooksStatus,
  interceptorStatus,
  outcome,
  policyStatus,
  statsStatus,
  summary,
  wakeTrace,
  wolStatus,
} from './answers.fixture.ts';

const config = 'version: 1\nnode: box\ntimezone: Europe/Berlin\nservices: { ssh: { ports: [22/tcp] } }\n';
let nats: NatsServer;
let api: DaemonProcess;
let metricsPort: number;
const buses: Bus[] = [];

beforeAll(async () => {
  nats = await startNats();
  metricsPort = await freePort();
  api = startDaemon({
    daemon: 'api',
    main: new URL('./main.ts', import.meta.url),
    config,
    nats,
    env: { NFTOGGLE_METRICS: `127.0.0.1:${metricsPort}` },
  });
  await eventually(() => existsSync(api.socket), { withinMs: 10_000 });
});
afterAll(async () => {
  for (const bus of buses) await bus.close();
  await api.stop('SIGKILL');
  await nats.stop();
});

function busOf(daemon: Daemon): Bus {
  const bus = new Bus({ url: nats.url, seed: nats.seeds[daemon], node: 'box', daemon });
  buses.push(bus);
  return bus;
}

async function send(method: string, path: string, body?: unknown): Promise<{ code: number; body: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const asking = request({ socketPath: api.socket, path, method, headers }).end(JSON.stringify(body));
  const [response] = await once(asking, 'response');
  return { code: response.statusCode, body: JSON.parse(Buffer.concat(await response.toArray()).toString()) };
}

const get = (path: string) => send('GET', path);
const post = (path: string, body: unknown) => send('POST', path, body);

describe('the api daemon', () => {
  it('says who is silent, and what to do', async () => {
    expect(await get('/v1/status')).toMatchObject({
      code: 200,
      body: {
        node: 'box',
        mode: 'enforce',
        timezone: 'Europe/Berlin',
        healthy: false,
        interceptor: null,
        policy: null,
        wol: null,
        hooks: null,
        stats: null,
        api: { daemon: 'api' },
      },
    });
    expect(await get('/v1/why?source=203.0.113.66&service=ssh')).toMatchObject({
      code: 503,
      body: { error: 'no_answer' },
    });
  });

  it('passes on what the daemons answer as soon as they are there', async () => {
    const policy = busOf('policy');
    policy.serve('explain', ({ service }) =>
      service === 'ssh' ? explanation : { error: 'unknown_service', message: `no ${service}` },
    );
    policy.serve('policyStatus', () => policyStatus);
    policy.serve('grantIssue', (request) => ({
      grant: { ...grant, by: request.by },
      extended: false,
      overrides: null,
      notes: [],
      timezone: 'Europe/Berlin',
    }));
    const interceptor = busOf('interceptor');
    let guard: InterceptorStatus['guard'] = 'guarding';
    interceptor.serve('interceptorStatus', () => ({ ...interceptorStatus, guard }));
    await Promise.all([policy.ready, interceptor.ready]);
    await eventually(async () =>
      expect(await get('/v1/status')).toMatchObject({
        body: { healthy: true, interceptor: interceptorStatus, policy: { decisions: { denied: 2 } } },
      }),
    );
    expect(await get('/v1/why?source=203.0.113.66&service=ssh')).toEqual({ code: 200, body: explanation });
    expect(await get('/v1/why?source=203.0.113.66&service=ftp')).toMatchObject({ code: 404 });
    const body = { service: 'ssh', source: 'any', seconds: 60, by: 'grace' };
    expect(await post('/v1/grants', body)).toMatchObject({ code: 201, body: { grant: { by: 'grace' } } });
    guard = 'failed';
    expect(await get('/v1/status')).toMatchObject({ body: { healthy: false } });
    guard = 'guarding';
  });

  it('needs wol to answer where there is something to wake, and only there', async () => {
    const wake = { device: 'nas', after: 0, patience: 0, doctor: false, by: 'ada' };
    expect(await get('/v1/status')).toMatchObject({ body: { healthy: true, wol: null } });
    expect(await post('/v1/wake', wake)).toMatchObject({ code: 503, body: { error: 'no_answer' } });
    const nas = '{ mac: 00:11:32:aa:bb:cc, address: 192.168.1.20, wake: true }';
    api.configure(`${config}devices: { nas: ${nas} }\n`);
    await eventually(async () => expect(await get('/v1/status')).toMatchObject({ body: { healthy: false } }));
    const wol = busOf('wol');
    wol.serve('wolStatus', () => wolStatus);
    wol.serve('wakeTrace', ({ device }) =>
      device === 'nas' ? wakeTrace : { error: 'unknown_name', message: `no ${device}` },
    );
    await wol.ready;
    await eventually(async () =>
      expect(await get('/v1/status')).toMatchObject({ body: { healthy: true, wol: wolStatus } }),
    );
    expect(await post('/v1/wake', wake)).toEqual({ code: 200, body: wakeTrace });
    expect(await post('/v1/wake', { ...wake, device: 'nsa' })).toMatchObject({ code: 404 });
  });

  it('needs hooks to answer where there is one, and stats never', async () => {
    expect(await get('/v1/status')).toMatchObject({ body: { healthy: true, hooks: null, stats: null } });
    expect(await get('/v1/hooks')).toMatchObject({ code: 503, body: { error: 'no_answer' } });
    expect(await get('/v1/stats/summary')).toMatchObject({ code: 503, body: { error: 'no_answer' } });
    api.configure(`${config}hooks: { log: { on: [access_denied], run: [/bin/true] } }\n`);
    await eventually(async () => expect(await get('/v1/status')).toMatchObject({ body: { healthy: false } }));
    const [hooks, stats] = [busOf('hooks'), busOf('stats')];
    hooks.serve('hooksStatus', () => hooksStatus);
    hooks.serve('hookTest', ({ hook }) =>
      hook === 'phone' ? outcome : { error: 'unknown_hook', message: `no ${hook}` },
    );
    stats.serve('statsStatus', () => statsStatus);
    stats.serve('statsSummary', ({ from, to }) => ({ ...summary, from, to }));
    await Promise.all([hooks.ready, stats.ready]);
    await eventually(async () =>
      expect(await get('/v1/status')).toMatchObject({
        body: { healthy: true, hooks: hooksStatus, stats: statsStatus },
      }),
    );
    expect(await get('/v1/hooks')).toEqual({ code: 200, body: hooksStatus });
    expect(await post('/v1/hooks/phone/test', {})).toEqual({ code: 200, body: outcome });
    expect(await post('/v1/hooks/fone/test', {})).toMatchObject({ code: 404 });
    const day = 'from=2025-01-15&to=2025-01-16';
    expect(await get(`/v1/stats/summary?${day}`)).toMatchObject({
      // Days of the configuration's time zone.
      body: { from: '2025-01-14T23:00:00.000Z', to: '2025-01-15T23:00:00.000Z', sums: summary.sums },
    });
  });

  it('passes events on as they happen, after the newest of before', async () => {
    const interceptor = busOf('interceptor');
    await interceptor.ready;
    const lines: string[] = [];
    const follow = async (): Promise<void> => {
      const [response] = await once(
        request({ socketPath: api.socket, path: '/v1/events/stream' }).end(),
        'response',
      );
      for await (const piece of response) lines.push(...String(piece).split('\n').slice(0, -1));
    };
    void interceptor.publish('access_denied', anEvent(1).data, 'ssh');
    // Heard by the api before anybody follows.
    await eventually(async () => {
      const [response] = await once(
        request({ socketPath: api.socket, path: '/v1/events/stream?service=ssh' }).end(),
        'response',
      );
      const [first] = await once(response, 'data');
      response.destroy();
      return String(first).includes('access_denied');
    });
    void follow().catch(() => undefined);
    await eventually(() => expect(lines.at(-1)).toBe(''));
    void interceptor.publish('ruleset_restored', { damage: 'table_removed' });
    await eventually(() => expect(lines.at(-1)).toContain('ruleset_restored'));
    expect(lines.filter((line) => line.includes('access_denied'))).toHaveLength(1);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ data: { damage: 'table_removed' } });
  });

  it('counts requests by route, without the ids and names in them', async () => {
    await post('/v1/hooks/phone/test', {});
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(metrics).toMatch(
      /nftoggle_api_requests_total\{route="POST \/v1\/hooks\/:name\/test",status="200"\} [1-9]/,
    );
    expect(metrics).not.toMatch(/phone|no_such/);
  });

  it('leaves a second api no place, with one clear message', async () => {
    const second = startDaemon({
      daemon: 'api',
      main: new URL('./main.ts', import.meta.url),
      config,
      nats,
      env: { NFTOGGLE_SOCKET: api.socket },
    });
    expect(await second.ended).toBe(3);
    expect(second.log()).toContain(`another nftoggle uses ${api.socket}`);
    expect(await get('/v1/health')).toMatchObject({ code: 200 });
  });

  it('removes its socket when it stops', async () => {
    const { socket } = api;
    expect(await api.stop()).toBe(0);
    expect(existsSync(socket)).toBe(false);
  });
});
