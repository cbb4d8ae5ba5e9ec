// SPDX-License-Identifier: MIT
// Allowances of seconds, spent by real streams: what is measured in the kernel is what is charged.

import { Allowances, type PeriodBalance } from '@nftoggle/contracts';
import {
  connect,
  type HeldConnection,
  type Host,
  holdConnection,
  labObstacles,
  lastByteAt,
  startTcpEcho,
  startTcpPush,
} from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventTap } from './event-tap.ts';
import { families, friend4, friend6, type Scene, setScene } from './scene.ts';
import { System } from './system.ts';

const tick = 2;
const ports = { play: 7201, more: 7202, quiet: 7203, free: 7204 } as const;

let scene: Scene;
let gateway: Host;
let friend: Host;
let laptop: Host;

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  scene = await setScene();
  ({ gateway, friend } = scene);
  laptop = scene.lab.host('laptop');
  // 100 bytes of headers and data every 5 ms: nobody takes that for a keep-alive.
  await startTcpPush(gateway, { port: [ports.play, ports.more, ports.free], intervalMs: 5 });
  await startTcpEcho(gateway, { port: ports.quiet });
}, 60_000);
afterAll(() => scene?.[Symbol.asyncDispose]());

/** Leo has two devices, on either side of the gateway, and an allowance for two services of four. */
function config(daily: string, changes = ''): string {
  return `
version: 1
timezone: UTC
metering: { tick: ${tick}s }
devices:
  console: { address: [${friend4}, "${friend6}"] }
  tablet: { mac: "${laptop.interfaces[0]?.mac}" }
people:
  leo: { role: child, devices: [console, tablet], allowance: { daily: ${daily}, warn_before: [4s], services: [play, more, quiet] } }
services:
  play: { ports: [${ports.play}/tcp], allow: [leo] }
  more: { ports: [${ports.more}/tcp], at_end: keep, allow: [leo] }
  quiet: { ports: [${ports.quiet}/tcp], allow: [leo] }
  free: { ports: [${ports.free}/tcp], allow: [leo] }
${changes}`;
}

async function dailyOf(system: System, who = 'leo'): Promise<PeriodBalance> {
  const { stdout } = await system.run(['allowances', who, '-o', 'json']);
  const daily = Allowances.parse(JSON.parse(stdout)).allowances[0]?.periods.find(
    ({ period }) => period === 'daily',
  );
  if (daily === undefined) throw new Error(`no daily allowance in ${stdout}`);
  return daily;
}

const play = (from: Host, port: number, family: 'ipv4' | 'ipv6' = 'ipv4'): Promise<HeldConnection> =>
  holdConnection(from, {
    address: from === laptop ? gateway.on('lan')[family] : gateway[family],
    port,
    timeoutMs: 5_000,
  });

describe('an allowance', () => {
  it('is spent by real use, of all devices and services of a person together, and is over to the tick', async () => {
    await using system = await System.start(gateway, config('8s'));
    await using tap = await EventTap.open(system);
    const begun = Date.now();
    const free = await play(friend, ports.free);
    const streams = await Promise.all([
      play(friend, ports.play, 'ipv4'),
      play(friend, ports.play, 'ipv6'),
      play(laptop, ports.play),
    ]);
    const kept = await play(laptop, ports.more);
    const ends = await Promise.all(streams.map((stream) => lastByteAt(stream, 20_000)));
    for (const end of ends) {
      expect(end, 'every device is cut').not.toBeNull();
      // Three devices for eight seconds are eight seconds of Leo's.
      expect((end ?? 0) - begun).toBeGreaterThan(7_000);
      expect((end ?? 0) - begun).toBeLessThan(8_000 + tick * 1_000 + 1_500);
    }
    expect(await kept.waitForBytes(100, 5_000), 'at_end: keep').toBe(true);
    expect(await free.waitForBytes(100, 5_000), 'a service that does not count').toBe(true);
    for (const from of [friend, laptop]) {
      const address = from === laptop ? gateway.on('lan').ipv4 : gateway.ipv4;
      expect(await connect(from, { address, port: ports.more, timeoutMs: 1_500 })).toMatchObject({
        connected: false,
        errno: 'ETIMEDOUT',
      });
    }
    const { used, left } = await dailyOf(system);
    expect(left).toBe(0);
    expect(used).toBeGreaterThan(7.5);
    expect(used).toBeLessThan(8 + tick + 1.5);
    expect(await system.why('console', 'play')).toMatchObject({
      decision: 'deny',
      reason: 'allowance_spent',
      next_allowed: new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000).toISOString(),
    });
    const ended = await tap.waitFor('session_ended', ({ data }) => data.service === 'play');
    expect(ended.data.reason).toBe('allowance_spent');
    await tap.waitFor('allowance_low', ({ data }) => data.who === 'leo' && data.left <= 4);
    await tap.waitFor('allowance_spent', ({ data }) => data.who === 'leo' && data.left === 0);
    expect(tap.heard('allowance_low')).toHaveLength(1);
    expect(tap.heard('allowance_spent')).toHaveLength(1);

    // More time for today: at once, without a restart of anything.
    await system.run(['bonus', 'leo', '+30s', '--why', 'homework is done']);
    const again = await play(friend, ports.play);
    expect(await again.waitForBytes(100, 5_000)).toBe(true);
    // And a penalty takes it away from a game that is being played.
    await system.run(['bonus', 'leo', '-60s']);
    expect(await lastByteAt(again, 10_000)).not.toBeNull();
    for (const stream of [...streams, kept, free, again]) await stream.stop();
  }, 90_000);

  it('is not spent by a connection that is only kept alive', async () => {
    await using system = await System.start(gateway, config('20s'));
    const idle = await Promise.all(families.map((family) => play(friend, ports.quiet, family)));
    const charged = (await dailyOf(system)).used;
    // Opening it may count as use; what follows is a few bytes now and then.
    for (let beat = 0; beat < 5; beat += 1) {
      for (const connection of idle) {
        const answered = connection.waitForBytes(4, 3_000);
        connection.send('ping');
        expect(await answered).toBe(true);
      }
      const ticks = Date.now() + tick * 1_000;
      await eventually(() => Date.now() > ticks, { withinMs: tick * 2_000 });
    }
    expect((await dailyOf(system)).used - charged).toBeLessThanOrEqual(tick);
    for (const connection of idle) await connection.stop();
  }, 60_000);

  it('survives kill -9 of interceptor, policy and the bus in mid-charge, and loses a tick at most', async () => {
    await using system = await System.start(gateway, config('10m'));
    const stream = await play(friend, ports.play);
    const begun = Date.now();
    const kills = ['interceptor', 'policy', 'nats-server'] as const;
    for (const name of kills) {
      const next = Date.now() + 3_300;
      await eventually(() => Date.now() > next, { withinMs: 5_000 });
      system.kill(name);
      await eventually(async () => (await system.status()).healthy, { withinMs: 20_000 });
    }
    const settle = Date.now() + tick * 2_000;
    await eventually(() => Date.now() > settle, { withinMs: 10_000 });
    const played = (Date.now() - begun) / 1_000;
    const { used } = await dailyOf(system);
    expect(used, 'nothing twice').toBeLessThanOrEqual(played + 0.5);
    // One tick is not measured yet, and one went with the interceptor and the time it took to be back.
    expect(used).toBeGreaterThan(played - 2 * tick - 4);
    expect(await stream.waitForBytes(100, 5_000)).toBe(true);
    await stream.stop();
  }, 90_000);
});
