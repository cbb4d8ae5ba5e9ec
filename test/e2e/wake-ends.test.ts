// SPDX-License-Identifier: MIT
// A machine that falls asleep again, one that is too slow, one that is woken by a command; and what people are told.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ConnectResult,
  captureMagicPackets,
  capturePackets,
  connect,
  type Host,
  labObstacles,
  putToSleep,
  startTcpEcho,
  switchOff,
} from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { expect, it } from 'vitest';
import { EventTap } from './event-tap.ts';
import { families, friend4, friend6, setScene } from './scene.ts';
import { System } from './system.ts';
import { captureRefusals, expectSilence, forgetNeighbours, listed, sleeper, wakesOf } from './wake-scene.ts';

const port = 7_000;

interface Home extends AsyncDisposable {
  readonly gateway: Host;
  readonly server: Host;
  readonly friend: Host;
  readonly system: System;
  readonly tap: EventTap;
  readonly config: (wake: string) => string;
  /** One connect() of the friend. */
  readonly visit: (address: string, timeoutMs?: number) => Promise<ConnectResult>;
}

/** A network of its own for each test: machines that boot late come up in nobody else's. */
async function home(wake = 'true'): Promise<Home> {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  await using parts = new AsyncDisposableStack();
  const scene = parts.use(await setScene({ only: ['gateway', 'scanner', 'friend', 'server'] }));
  const { gateway, friend } = scene;
  const server = scene.lab.host('server');
  await startTcpEcho(server, { port });
  const config = (how: string): string => `version: 1
devices:
${sleeper('nas', server, how)}services:
  game: { ports: [${port}/tcp], to: nas, forward: true, allow: [${listed([friend4, friend6])}] }
`;
  const system = parts.use(await System.start(gateway, config(wake)));
  const tap = parts.use(await EventTap.open(system));
  const visit = (address: string, timeoutMs = 30_000): Promise<ConnectResult> =>
    connect(friend, { address, port, payload: 'hi', timeoutMs });
  const owned = parts.move();
  return {
    ...{ gateway, server, friend, system, tap, config, visit },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const letIn = { connected: true, received: 'hello\nhi' };
const atOnce = { ...letIn, synRetransmits: 0 };

it('a source that is let in already is held all the same when its machine has fallen asleep again', async () => {
  await using at = await home();
  const { gateway, server, tap, visit } = at;
  for (const [index, address] of [server.ipv4, gateway.ipv6].entries()) {
    expect(await visit(address), 'awake').toMatchObject(atOnce);
    await putToSleep(server, { bootMs: 1_500 });
    expect(await visit(address), 'asleep').toMatchObject(letIn);
    expect(await visit(address), 'awake again').toMatchObject(atOnce);
    expect(tap.heard('wake_started').length).toBe(index + 1);
  }
  expect(tap.heard('session_started').length, 'the sessions are the same all the time').toBe(2);
}, 60_000);

it('a machine that is too slow: refused in silence at the deadline; tried again when it is up, let in at once', async () => {
  const [timeout, boot] = [4_000, 9_000];
  await using at = await home(`{ timeout: ${timeout / 1_000}s }`);
  const { server, tap, visit } = at;
  const refusals = await captureRefusals(at.friend);
  const asleep = await putToSleep(server, { bootMs: boot, speaksUp: true });
  await forgetNeighbours(at.gateway);
  const waiting = Promise.all(families.map((family) => visit(server[family], 40_000)));
  const started = await tap.waitFor('wake_started', () => true, 10_000);
  for (const address of [server.ipv4, server.ipv6]) {
    const denied = await tap.waitFor('access_denied', ({ data }) => data.destination === address, 20_000);
    expect(denied.data.reason).toBe('wake_failed');
    const late = Date.parse(denied.data.first) - Date.parse(started.time) - timeout;
    expect(Math.abs(late), 'the deadline').toBeLessThan(2_000);
  }
  const failed = await tap.waitFor('wake_failed');
  expect(failed.data.problem).toContain('nothing was heard of it');
  await asleep.waitUntilUp(20_000);
  const tries = await Promise.all(families.map((family) => visit(server[family])));
  for (const result of tries) expect(result).toMatchObject(atOnce);
  for (const result of await waiting) expect(result, 'its own SYN, sent again').toMatchObject(letIn);
  expect(wakesOf(tap, 'nas'), 'it was not woken again meanwhile').toEqual(['wake_started', 'wake_failed']);
  await expectSilence(refusals);
}, 60_000);

it('a command wakes a machine in place of magic packets, once, and is told which', async () => {
  await using at = await home();
  const { gateway, server, system, tap, visit } = at;
  const [script, runs] = [join(system.directory, 'wake.sh'), join(system.directory, 'runs')];
  const facts = '$# $1 $NFTOGGLE_DEVICE $NFTOGGLE_ADDRESS $NFTOGGLE_MAC';
  writeFileSync(script, `#!/bin/sh\necho "${facts}" >> ${runs}\n`);
  chmodSync(script, 0o755);
  await system.reconfigure(at.config(`{ run: ["${script}", "two words"] }`));
  const magic = await captureMagicPackets(gateway, 'lan');
  const switchOn = await switchOff(server);
  const waiting = Promise.all([server.ipv4, gateway.ipv4, server.ipv6].map((address) => visit(address)));
  await eventually(() => existsSync(runs), { withinMs: 20_000 });
  await switchOn();
  for (const result of await waiting) expect(result).toMatchObject(letIn);
  expect(readFileSync(runs, 'utf8')).toMatch(
    /^1 two words nas (192\.168\.1\.20|fd00:1::20) 02:00:00:00:01:20\n$/,
  );
  expect(wakesOf(tap, 'nas')).toEqual(['wake_started', 'wake_ready']);
  await expectSilence(magic);
}, 60_000);

it('a machine is woken by hand, and looked at without being woken; either says what it does', async () => {
  await using at = await home('{ timeout: 5s }');
  const { gateway, server, system } = at;
  const magic = await captureMagicPackets(gateway, 'lan');
  await putToSleep(server, { bootMs: 1_500, speaksUp: true });
  await forgetNeighbours(gateway);
  const doctor = await system.run(['doctor', 'wake', 'nas']);
  expect(doctor.stdout).toContain('would send magic packets for 02:00:00:00:01:20');
  expect(doctor.stdout).toContain('nothing wrong was found; nothing was woken');
  await expectSilence(magic);

  const woken = await system.run(['wake', 'nas', '--trace']);
  for (const said of ['lan has 192.168.1.1', '192.168.1.255', 'magic packet 1', 'is ready after'])
    expect(woken.stdout).toContain(said);
  expect((await system.run(['wake', 'nas'])).stdout).toContain('was up already');

  await switchOff(server);
  await forgetNeighbours(gateway);
  const dead = await system.run(['wake', 'nas', '--trace'], { allowFailure: true });
  expect(dead.code).not.toBe(0);
  expect(dead.stdout).toContain('Wake-on-LAN switched on in its BIOS');
  const unknown = await system.run(['wake', 'nsa'], { allowFailure: true });
  expect(unknown.code).not.toBe(0);
  expect(unknown.stderr).toContain('nas');
}, 90_000);

it('what is held for a client that has gone away does no harm when it is released', async () => {
  await using at = await home();
  const { server, friend, system, visit } = at;
  const switchOn = await switchOff(server);
  const lan = await capturePackets(server, 'eth0', `tcp src port ${port} or tcp dst port ${port}`);
  const answers = await capturePackets(friend, 'eth0', `src host ${server.ipv4}`);
  expect(await visit(server.ipv4, 4_000)).toMatchObject({ connected: false, errno: 'ETIMEDOUT' });
  expect((await system.interceptor()).waking, 'it is held for whoever is no more').toBe(1);
  expect(answers.lines).toEqual([]);
  await switchOn();
  // Its SYN is answered, and its kernel says that nobody wants that.
  await answers.waitForPacket(/Flags \[S\.\]/, 10_000);
  await lan.waitForPacket(new RegExp(`${friend4}\\.\\d+ > .* Flags \\[R\\]`), 10_000);
  await eventually(async () => (await system.interceptor()).held === 0, { withinMs: 10_000 });
  const { stdout } = await server.run(['ss', '-Htn', 'state', 'syn-recv', 'state', 'established']);
  expect(stdout).not.toContain(friend4);
  expect(await visit(server.ipv4)).toMatchObject(atOnce);
}, 60_000);
