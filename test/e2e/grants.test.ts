// SPDX-License-Identifier: MIT
// "Open for half an hour": what somebody grants opens at once, ends to the second, and outlives every daemon.
import { Grant, GrantIssued } from '@nftoggle/contracts';
import { connect, type Host, holdConnection, labObstacles, lastByteAt, startTcpPush } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EventTap } from './event-tap.ts';
import { families, friend4, friend6, type Scene, setScene } from './scene.ts';
import { System } from './system.ts';

const port = 7401;
const config = `
version: 1
timezone: UTC
groups:
  friend: [${friend4}, "${friend6}"]
services:
  game:
    ports: [${port}/tcp]
    deny: [203.0.113.66]
    allow: [{ from: friend, windows: [mon 00:00-00:01], except: [2020-01-01..2099-12-31] }]
  other: { ports: [7402/tcp] }
`;

let scene: Scene;
let system: System;
let gateway: Host;
let friend: Host;

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  scene = await setScene();
  ({ gateway, friend } = scene);
  await startTcpPush(gateway, { port: [port, 7402] });
  system = await System.start(gateway, config);
}, 60_000);
afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

const attempt = (from: Host, family: (typeof families)[number] = 'ipv4') =>
  connect(from, { address: gateway[family], port, timeoutMs: 1_500 });
const open = async (...argv: readonly string[]) =>
  GrantIssued.parse(JSON.parse((await system.run(['open', 'game', ...argv, '-o', 'json'])).stdout));
const grants = async (): Promise<readonly Grant[]> =>
  z.array(Grant).parse(JSON.parse((await system.run(['grants', '-o', 'json'])).stdout));

describe('a grant', () => {
  it('opens at once beyond the window of a rule, which it names, and ends at its end', async () => {
    await using tap = await EventTap.open(system);
    // Refused right before: that answer must not be given again.
    for (const family of families) expect((await attempt(friend, family)).connected).toBe(false);
    const issued = await open('--for', '8s', '--from', 'friend', '--why', 'a match');
    const end = Date.parse(issued.grant.until);
    expect(issued).toMatchObject({ extended: false, overrides: 'services.game.allow[0]' });
    expect(issued.grant).toMatchObject({ service: 'game', source: 'friend', why: 'a match' });
    const streams = await Promise.all(
      families.map((family) => holdConnection(friend, { address: gateway[family], port, timeoutMs: 3_000 })),
    );
    expect((await attempt(scene.scanner)).connected, 'it is for the friend alone').toBe(false);
    expect(await grants()).toEqual([issued.grant]);
    expect(await system.why(friend4, 'game')).toMatchObject({
      decision: 'allow',
      reason: 'grant_allows',
      grant: issued.grant.id,
      rule: 'services.game.allow[0]',
      bound: 'grant_end',
      until: issued.grant.until,
    });
    for (const stream of streams) {
      const last = await lastByteAt(stream, 20_000);
      expect((last ?? 0) - end).toBeGreaterThan(-1_000);
      expect((last ?? 0) - end).toBeLessThan(2_000);
      await stream.stop();
    }
    for (const family of families) expect((await attempt(friend, family)).connected).toBe(false);
    await eventually(async () => (await grants()).length === 0, { withinMs: 3_000 });
    const over = await tap.waitFor('grant_ended', ({ data }) => data.grant.id === issued.grant.id);
    expect(Math.abs(Date.parse(over.time) - end)).toBeLessThan(2_000);
    expect(tap.heard('grant_ended')).toHaveLength(1);
    const ended = await tap.waitFor('session_ended', ({ data }) => data.service === 'game');
    expect(ended.data).toMatchObject({ reason: 'grant_ended', cut: 1 });
  }, 60_000);

  it('is extended by opening again, and revoked by closing, live connections included', async () => {
    const first = await open('--for', '5s', '--from', friend4);
    const stream = await holdConnection(friend, { address: gateway.ipv4, port, timeoutMs: 3_000 });
    const second = await open('--for', '10m', '--from', friend4);
    expect(second).toMatchObject({ extended: true, grant: { id: first.grant.id } });
    const past = Date.parse(first.grant.until) + 2_000;
    await eventually(() => Date.now() > past, { withinMs: 10_000 });
    expect(await stream.waitForBytes(20, 3_000), 'it goes on beyond the first end').toBe(true);
    const { stdout } = await system.run(['close', 'game']);
    expect(stdout).toMatch(/closed game/);
    const closed = Date.now();
    const last = await lastByteAt(stream, 10_000);
    expect(last).not.toBeNull();
    expect((last ?? 0) - closed).toBeLessThan(2_000);
    expect((await attempt(friend)).connected).toBe(false);
    const nothing = await system.run(['close', 'game'], { allowFailure: true });
    expect(nothing).toMatchObject({ code: 6 });
    await stream.stop();
  }, 60_000);

  it('for everybody opens to everybody but whom a deny rule shuts out', async () => {
    const issued = await open('--for', '1m');
    expect(issued.notes.join(' ')).toContain('services.game.deny[0]');
    expect((await attempt(friend)).connected).toBe(true);
    expect((await attempt(scene.scanner)).connected).toBe(false);
    expect((await attempt(scene.scanner, 'ipv6')).connected).toBe(true);
    await system.run(['close', 'game']);
  }, 60_000);

  it('outlives kill -9 of everything at once', async () => {
    const issued = await open('--for', '10m', '--from', 'friend');
    system.kill('policy', 'nats-server', 'interceptor', 'wol', 'api');
    await eventually(async () => (await system.status()).healthy, { withinMs: 30_000 });
    await eventually(async () => (await grants()).length === 1, { withinMs: 10_000 });
    expect(await grants()).toEqual([issued.grant]);
    await eventually(async () => (await attempt(friend)).connected, { withinMs: 10_000 });
    await system.run(['close', '--id', issued.grant.id]);
    await eventually(async () => !(await attempt(friend)).connected, { withinMs: 10_000 });
  }, 90_000);

  it.each([
    [['open', 'gmae'], 6, /game/],
    [['open', 'game', '--until', 'yesterday'], 2, /yesterday/],
    [['open', 'game', '--for', '5'], 2, /5m/],
    [['open', 'game', '--for', '5m', '--until', '18:00'], 2, /--for|--until/],
    [['open', 'game', '--from', 'freind'], 6, /friend/],
    [['close', 'other'], 6, /other/],
  ] as const)('that is asked for wrongly is refused with a remedy: %s', async (argv, code, words) => {
    const result = await system.run(argv, { allowFailure: true });
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(words);
    expect(await grants()).toEqual([]);
  });
});
