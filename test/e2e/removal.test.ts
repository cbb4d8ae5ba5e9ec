// SPDX-License-Identifier: MIT
// The owner takes the guard away, by `panic` or by `down`: nothing of ours is left, and nothing puts it back.
import { setTimeout as pause } from 'node:timers/promises';
import { connect, createLab, type Host, type Lab, startTcpEcho } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { statusNow } from './system-health.ts';
import { UpSystem } from './up-system.ts';

const config = `
version: 1
services:
  ssh: { ports: [22/tcp], allow: [203.0.113.7] }
`;

let lab: Lab;
let gateway: Host;
let scanner: Host;
let system: UpSystem;
/** The ruleset of the machine before nftoggle came. */
let untouched: string;

beforeAll(async () => {
  lab = await createLab({ only: ['gateway', 'scanner', 'friend'] });
  [gateway, scanner] = [lab.host('gateway'), lab.host('scanner')];
  await startTcpEcho(gateway, { port: 22 });
  untouched = await ruleset();
  system = await UpSystem.start(gateway, config);
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await lab?.close();
});

const ruleset = async (): Promise<string> => (await gateway.run(['nft', 'list', 'ruleset'])).stdout;
const marker = 'table inet nftoggle-panic {\n}\n';

async function expectGuarded(): Promise<void> {
  for (const address of [gateway.ipv4, gateway.ipv6])
    expect(await connect(scanner, { address, port: 22 })).toMatchObject({
      connected: false,
      errno: 'ETIMEDOUT',
    });
  expect(await connect(lab.host('friend'), { address: gateway.ipv4, port: 22 })).toMatchObject({
    connected: true,
  });
}

async function expectOpen(): Promise<void> {
  for (const address of [gateway.ipv4, gateway.ipv6])
    expect(await connect(scanner, { address, port: 22, payload: 'hi' })).toMatchObject({ connected: true });
}

it('`panic` opens the ports while everything runs, and the interceptor leaves it at that', async () => {
  await expectGuarded();
  await system.run(['panic']);
  await expectOpen();
  expect(await ruleset()).toBe(untouched + marker);
  await eventually(async () => (await statusNow(system)).interceptor?.guard === 'removed');
  // Whatever else happens: a new configuration, somebody's change of a ruleset, a new interceptor.
  await system.reconfigure(config.replace('203.0.113.7', '203.0.113.8'));
  await gateway.loadRuleset('add table inet nftoggle-other\ndelete table inet nftoggle-other\n');
  const pid = system.pidOf('interceptor');
  system.kill('interceptor');
  await eventually(async () => ![undefined, pid].includes((await statusNow(system)).interceptor?.pid), {
    withinMs: 15_000,
  });
  await pause(500);
  expect((await statusNow(system)).interceptor?.guard).toBe('removed');
  expect(await ruleset()).toBe(untouched + marker);
  await expectOpen();
});

it('`down` after `panic` leaves the ruleset as it was before nftoggle came', async () => {
  await system.run(['down']);
  expect(await ruleset()).toBe(untouched);
});

it('`up` guards again', async () => {
  system.writeConfig(config);
  await system.up();
  await expectGuarded();
});

it('`panic` works with every process dead, and `up` guards again', async () => {
  const pids = [
    system.child.pid,
    ...(['interceptor', 'policy', 'wol', 'api', 'nats-server'] as const).map((name) => system.pidOf(name)),
  ];
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await eventually(
    async () => (await connect(scanner, { address: gateway.ipv4, port: 22 })).errno === 'ETIMEDOUT',
  );
  await system.run(['panic']);
  await expectOpen();
  expect(await ruleset()).toBe(untouched + marker);
  await system.up();
  await expectGuarded();
});

it('`down` removes a guard that runs, and all that belongs to it', async () => {
  await system.run(['down']);
  expect(await ruleset()).toBe(untouched);
  await expectOpen();
});

it('`down` removes a guard that a killed `up` left behind', async () => {
  await system.up();
  system.child.kill('SIGKILL');
  await expectGuardedByKernel();
  await system.run(['down']);
  expect(await ruleset()).toBe(untouched);
  await expectOpen();
});

async function expectGuardedByKernel(): Promise<void> {
  expect(await connect(scanner, { address: gateway.ipv4, port: 22 })).toMatchObject({ errno: 'ETIMEDOUT' });
}
