// SPDX-License-Identifier: MIT
// hooks on a real bus, with real receivers and programs.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bus } from '@nftoggle/bus';
import type { Loaded } from '@nftoggle/config';
import { type DeadLetters, hookReaders } from '@nftoggle/contracts';
import { Metrics } from '@nftoggle/daemon';
import { aLoaded, eventually } from '@nftoggle/testkit';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveHooks } from './endpoints.ts';
import { aDenial, anEvent } from './hook.fixture.ts';
import { Household } from './household.fixture.ts';
import { answer, type Receiver, startReceiver } from './receiver.fixture.ts';

let household: Household;
let receiver: Receiver;
let interceptor: Bus;
let api: Bus;
let directory: string;

beforeEach(async () => {
  household = await Household.start();
  receiver = await startReceiver();
  household.later(() => receiver.stop());
  directory = mkdtempSync(join(tmpdir(), 'nftoggle-hooks-'));
  household.later(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  [interceptor, api] = [await household.bus('interceptor'), await household.bus('api')];
});
afterEach(() => household.stop());

const configText = (hooks: string): string => `
version: 1
node: box
services: { minecraft: { ports: [25565/tcp], allow: [any] } }
hooks:
${hooks.trim().replace(/^/gm, '  ')}
`;
const webhook = (name: string, rest = ''): string =>
  `${name}: { on: [access_denied], webhook: "http://127.0.0.1:${receiver.port}/${name}", allow_local: [127.0.0.1]${rest} }`;

interface Running {
  readonly metrics: Metrics;
  configure(hooks: string): void;
  stop(): Promise<void>;
}

/** A replica, with everything but a process of its own. */
async function startHooks(hooks: string): Promise<Running> {
  const bus = await household.bus('hooks');
  let loaded: Loaded = aLoaded(configText(hooks));
  household.keep(...loaded.config.hooks.keys());
  const listeners: ((loaded: Loaded) => void)[] = [];
  const steps: (() => unknown)[] = [];
  const metrics = new Metrics('hooks');
  const silent = () => undefined;
  serveHooks({
    bus,
    metrics,
    loaded: () => loaded,
    onConfig: (listener) => void listeners.push(listener),
    onStop: (_, step) => void steps.push(step),
    log: { info: silent, warn: silent, error: silent },
    status: () => ({
      daemon: 'hooks',
      pid: 1,
      started: new Date(0).toISOString(),
      revision: loaded.revision,
      problem: null,
    }),
  });
  const stop = async () => {
    for (const step of steps.splice(0).reverse()) await step();
    await bus.close();
  };
  household.later(stop);
  await eventually(async () => {
    const { hooks: all } = await api.request('hooksStatus', {});
    return all.every(({ waiting }) => waiting !== null);
  });
  return {
    metrics,
    stop,
    configure: (text) => {
      loaded = aLoaded(configText(text));
      household.keep(...loaded.config.hooks.keys());
      for (const listener of listeners) listener(loaded);
    },
  };
}

const deny = (address: string) =>
  interceptor.publish('access_denied', { ...aDenial().data, source: { address } }, 'minecraft');
const idsOf = (path: string): string[] =>
  receiver.received
    .filter((one) => one.path === path)
    .map(({ body }) => JSON.parse(body).data.source.address);

describe('hooks on the bus', () => {
  it('tell what happens, once, signed, to those whom it concerns', async () => {
    const secret = join(directory, 'secret');
    writeFileSync(secret, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    await startHooks(`
${webhook('phone', `, secret_file: ${secret}`)}
${webhook('far', ', sources: [198.51.100.0/24]')}
`);
    for (const last of [1, 2, 3]) await deny(`203.0.113.${last}`);
    await eventually(() => idsOf('/phone').length === 3);
    for (const { body, headers } of receiver.received) {
      new Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw').verify(body, headers);
    }
    await eventually(async () =>
      (await api.request('hooksStatus', {})).hooks.every(({ waiting }) => waiting === 0),
    );
    expect(idsOf('/phone').sort()).toEqual(['203.0.113.1', '203.0.113.2', '203.0.113.3']);
    expect(idsOf('/far')).toEqual([]);
    expect(await api.request('hooksStatus', {})).toMatchObject({
      daemon: 'hooks',
      letters: 0,
      hooks: [
        {
          hook: 'phone',
          kind: 'webhook',
          target: `127.0.0.1:${receiver.port}`,
          delivered: 3,
          failed: 0,
          problem: null,
        },
        { hook: 'far', delivered: 0 },
      ],
    });
  });

  it('run programs with the event on their input', async () => {
    const [program, file] = [join(directory, 'log.sh'), join(directory, 'out')];
    writeFileSync(program, '#!/bin/sh\ncat >> "$1"\n', { mode: 0o755 });
    writeFileSync(file, '');
    chmodSync(file, 0o666);
    await startHooks(`log: { on: [access_denied], run: [${program}, ${file}] }`);
    await deny('2001:db8::7');
    expect(await eventually(() => JSON.parse(readFileSync(file, 'utf8')))).toMatchObject({
      type: 'access_denied',
      data: { source: { address: '2001:db8::7' } },
    });
    expect(await api.request('hooksStatus', {})).toMatchObject({
      hooks: [{ kind: 'script', target: program }],
    });
  });

  it('keep what is not to be delivered as a letter, say so, and deliver it when they are asked to', async () => {
    receiver.react = (response, { path }) => response.writeHead(path === '/phone' ? 404 : 204).end();
    const { metrics } = await startHooks(`
${webhook('phone', ', retry_for: 1s')}
alarm: { on: [hook_failed], webhook: "http://127.0.0.1:${receiver.port}/alarm", allow_local: [127.0.0.1] }
`);
    await deny('203.0.113.9');
    const alarms = () => receiver.received.filter(({ path }) => path === '/alarm');
    await eventually(() => alarms().length === 1, { withinMs: 20_000 });
    const { data } = JSON.parse(alarms()[0]?.body ?? '');
    expect(data).toMatchObject({
      hook: 'phone',
      event: { type: 'access_denied' },
      attempts: expect.any(Number),
      problem: `127.0.0.1:${receiver.port} answered 404`,
    });
    const listed = (await api.request('deadLetters', { limit: 10 })) as DeadLetters;
    expect(listed).toMatchObject({
      total: 1,
      letters: [{ id: data.letter, hook: 'phone', attempts: data.attempts }],
    });
    expect(await metrics.text()).toMatch(/nftoggle_dead_letters 1\n/);
    expect(await metrics.text()).toContain('nftoggle_hook_deliveries_total{hook="phone",outcome="dead"} 1');

    const again = { id: data.letter, discard: false };
    expect(await api.request('deadLetter', again)).toMatchObject({ hook: 'phone', delivered: false });
    receiver.react = answer(200);
    expect(await api.request('deadLetter', again)).toMatchObject({ hook: 'phone', delivered: true });
    expect(idsOf('/phone').at(-1)).toBe('203.0.113.9');
    expect(await api.request('deadLetter', again)).toMatchObject({ error: 'unknown_letter' });
    expect(await api.request('deadLetters', { hook: 'phone', limit: 10 })).toEqual({ letters: [], total: 0 });
    await eventually(async () => /nftoggle_hook_waiting\{hook="phone"\} 0\n/.test(await metrics.text()));
  });

  it('are tested with an example', async () => {
    await startHooks(webhook('phone', ', format: ntfy'));
    expect(await api.request('hookTest', { hook: 'phone' })).toMatchObject({
      hook: 'phone',
      delivered: true,
      detail: `127.0.0.1:${receiver.port} answered 204`,
    });
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      topic: 'phone',
      title: 'test: minecraft: refused',
    });
    expect(await api.request('hookTest', { hook: 'fone' })).toMatchObject({ error: 'unknown_hook' });
    receiver.react = answer(500);
    expect(await api.request('hookTest', { hook: 'phone' })).toMatchObject({ delivered: false });
  });

  it('follow the configuration, and leave alone who is not changed', async () => {
    let held: (() => void) | undefined;
    receiver.react = (response, { path }) => {
      if (path === '/slow') held = () => response.writeHead(204).end();
      else response.writeHead(204).end();
    };
    const { configure } = await startHooks([webhook('slow', ', timeout: 60s'), webhook('gone')].join('\n'));
    await deny('203.0.113.1');
    await eventually(() => held !== undefined && idsOf('/gone').length === 1);
    configure([webhook('slow', ', timeout: 60s'), webhook('new')].join('\n'));
    await eventually(async () => {
      const { hooks } = await api.request('hooksStatus', {});
      return hooks.every(({ hook, waiting }) => ['slow', 'new'].includes(hook) && waiting !== null);
    });
    await deny('203.0.113.2');
    await eventually(() => idsOf('/new').length === 1);
    expect(idsOf('/slow').filter((address) => address === '203.0.113.1')).toHaveLength(1);
    expect(idsOf('/gone')).toEqual(['203.0.113.1']);
    receiver.react = answer(204);
    held?.();
    await eventually(() => idsOf('/slow').includes('203.0.113.2'));
    expect(idsOf('/slow').filter((address) => address === '203.0.113.1')).toHaveLength(1);
  });

  it('deliver what a changed hook could not, as it is then', async () => {
    receiver.react = (response, { path }) => response.writeHead(path === '/right' ? 204 : 503).end();
    const { configure } = await startHooks(webhook('wrong'));
    await deny('203.0.113.1');
    await eventually(() => idsOf('/wrong').length > 1);
    configure(webhook('wrong').replace('/wrong', '/right'));
    await eventually(() => idsOf('/right').length === 1);
  });

  it('bring after an outage of the bus what happened meanwhile, and what was under way', async () => {
    receiver.react = answer(503);
    await startHooks(webhook('phone'));
    await deny('203.0.113.1');
    await eventually(() => receiver.received.length > 0);
    await household.nats.kill9();
    receiver.react = answer(204);
    const meanwhile = deny('203.0.113.2');
    await household.nats.restart();
    await meanwhile;
    await eventually(() => ['203.0.113.1', '203.0.113.2'].every((one) => idsOf('/phone').includes(one)), {
      withinMs: 40_000,
    });
  });
});

it('reads eight tracks for each hook, so that one source that waits holds up no other', async () => {
  expect(hookReaders('phone')).toHaveLength(8);
  await startHooks(webhook('phone').replace('access_denied', 'wake_failed'));
  const wol = await household.bus('wol');
  const told = (device: string) => wol.publish('wake_failed', { ...anEvent('wake_failed').data, device });
  receiver.react = (response, { body }) =>
    response.writeHead(JSON.parse(body).data.device === 'a' ? 503 : 204).end();
  for (const device of ['a', 'b', 'c', 'd']) await told(device);
  const devices = () => receiver.received.map(({ body }) => JSON.parse(body).data.device);
  await eventually(() => ['b', 'c', 'd'].every((device) => devices().includes(device)));
});
