// SPDX-License-Identifier: MIT
// Permissions end at their instant: the window closes, the rule expires, the grant is over. Real clocks, real
// connections. What ends them must not depend on anybody who may be dead at that moment.
import {
  connect,
  type HeldConnection,
  type Host,
  holdConnection,
  labObstacles,
  lastByteAt,
  startTcpPush,
  startUdpEcho,
  udpExchange,
} from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventTap } from './event-tap.ts';
import { families, friend4, friend6, type Scene, setScene } from './scene.ts';
import { System } from './system.ts';

/** Connections are ended at most so long after the instant, in milliseconds. */
const tolerance = 2_000;
const ports = { cut: 7101, keep: 7102, expires: 7103, always: 7104, udp: 7105, forwarded: 25565 } as const;

let scene: Scene;
let gateway: Host;
let friend: Host;
let server: Host;

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  scene = await setScene({ only: ['gateway', 'scanner', 'friend', 'server'] });
  ({ gateway, friend } = scene);
  server = scene.lab.host('server');
  await startTcpPush(gateway, { port: [ports.cut, ports.keep, ports.expires, ports.always] });
  await startTcpPush(server, { port: ports.forwarded });
  await startUdpEcho(gateway, { port: ports.udp });
}, 60_000);
afterAll(() => scene?.[Symbol.asyncDispose]());

/** What clocks in UTC show, to the second. */
const clockTime = (instant: number): string => new Date(instant).toISOString().slice(11, 19);
/** The next full second that is at least `seconds` ahead. */
const inSeconds = (seconds: number): number => Math.ceil(Date.now() / 1_000 + seconds) * 1_000;

/** Everything that ends, ends at `end`; the window began an hour before. */
function config(end: number): string {
  const from = `[${friend4}, "${friend6}"]`;
  const window = `windows: ["${clockTime(end - 3_600_000)}-${clockTime(end)}"]`;
  return `
version: 1
timezone: UTC
devices:
  nas: { address: [${server.ipv4}, "${server.ipv6}"] }
services:
  cut: { ports: [${ports.cut}/tcp], allow: [{ from: ${from}, ${window}, at_end: cut }] }
  keep: { ports: [${ports.keep}/tcp], allow: [{ from: ${from}, ${window}, at_end: keep }] }
  expires: { ports: [${ports.expires}/tcp], allow: [{ from: ${from}, expires: "${new Date(end).toISOString()}" }] }
  always: { ports: [${ports.always}/tcp], open_for: 3s, allow: [{ from: ${from} }] }
  udp: { ports: [${ports.udp}/udp], allow: [{ from: ${from}, ${window} }] }
  forwarded: { ports: [${ports.forwarded}/tcp], to: nas, allow: [{ from: ${from}, ${window} }] }
`;
}

type Family = (typeof families)[number];
type Name = keyof typeof ports;
const target = (name: Name): Host => (name === 'forwarded' ? server : gateway);
const hold = (name: Name, family: Family): Promise<HeldConnection> =>
  holdConnection(friend, { address: target(name)[family], port: ports[name], timeoutMs: 5_000 });
const attempt = (name: Name, family: Family) =>
  connect(friend, { address: target(name)[family], port: ports[name], timeoutMs: 1_500 });

async function expectCutAt(stream: HeldConnection, end: number): Promise<void> {
  const last = await lastByteAt(stream, end - Date.now() + tolerance + 5_000);
  expect(last, 'the stream was cut').not.toBeNull();
  expect((last ?? 0) - end).toBeGreaterThan(-1_000);
  expect((last ?? 0) - end).toBeLessThan(tolerance);
}

/** Sends a datagram every 20 ms until some seconds after `end`; when was the last one sent that was answered? */
async function lastAnswered(family: Family, end: number): Promise<number> {
  const begun = Date.now();
  const gapMs = 20;
  const count = Math.ceil((end + 4_000 - begun) / gapMs);
  const { received } = await udpExchange(friend, {
    address: gateway[family],
    port: ports.udp,
    count,
    gapMs,
    timeoutMs: 500,
  });
  expect(received.length, 'the control: it was answered').toBeGreaterThan(50);
  return begun + (received.at(-1) ?? 0) * gapMs;
}

describe('at the end of a window', () => {
  it('live connections are cut or kept as the rule says, over both families, and no new one is let in', async () => {
    const end = inSeconds(14);
    await using system = await System.start(gateway, config(end));
    await using tap = await EventTap.open(system);
    const open = new Map<string, HeldConnection>();
    for (const family of families) {
      for (const name of ['cut', 'keep', 'expires', 'always', 'forwarded'] as const)
        open.set(`${name} ${family}`, await hold(name, family));
    }
    const datagrams = families.map((family) => lastAnswered(family, end));
    const streamOf = (name: Name, family: Family): HeldConnection => {
      const stream = open.get(`${name} ${family}`);
      if (stream === undefined) throw new TypeError(name);
      return stream;
    };
    const explained = await system.why(friend4, 'cut');
    expect(explained).toMatchObject({ decision: 'allow', bound: 'window_end', at_end: 'cut' });
    expect(Date.parse(explained.until ?? '')).toBe(end);
    expect(Date.now(), 'all of it before the end').toBeLessThan(end - 500);

    const ending = ['cut', 'expires', 'forwarded'] as const;
    await Promise.all(
      families.flatMap((family) => ending.map((name) => expectCutAt(streamOf(name, family), end))),
    );
    for (const family of families) {
      expect(await streamOf('keep', family).waitForBytes(20, 5_000), 'a kept stream goes on').toBe(true);
      expect(await streamOf('always', family).waitForBytes(20, 5_000), 'no bound, no end').toBe(true);
      for (const name of [...ending, 'keep'] as const)
        expect(await attempt(name, family), name).toMatchObject({ connected: false, errno: 'ETIMEDOUT' });
      const udp = await udpExchange(friend, { address: gateway[family], port: ports.udp, timeoutMs: 1_000 });
      expect(udp.received).toEqual([]);
    }
    const ended = await tap.waitFor('session_ended', ({ data }) => data.service === 'cut');
    expect(ended.data).toMatchObject({ reason: 'window_end', cut: 1 });
    expect(Math.abs(Date.parse(ended.time) - end)).toBeLessThan(tolerance);
    const kept = await tap.waitFor('session_ended', ({ data }) => data.service === 'keep');
    expect(kept.data).toMatchObject({ reason: 'window_end', cut: 0 });
    const expired = await tap.waitFor('session_ended', ({ data }) => data.service === 'expires');
    expect(expired.data).toMatchObject({ reason: 'rule_expired', cut: 1 });
    expect(await system.why(friend4, 'cut')).toMatchObject({
      decision: 'deny',
      reason: 'outside_window',
      next_allowed: new Date(end - 3_600_000 + 86_400_000).toISOString(),
    });
    for (const last of await Promise.all(datagrams)) {
      expect(last - end).toBeGreaterThan(-1_000);
      expect(last - end).toBeLessThan(tolerance);
    }
    for (const stream of open.values()) await stream.stop();
  }, 90_000);

  it('a session whose time is over lives on while its connection does, and is asked about again', async () => {
    await using system = await System.start(gateway, config(inSeconds(3_000)));
    const stream = await hold('always', 'ipv4');
    const sessions = async () =>
      (await system.interceptor()).sessions.filter(({ service }) => service === 'always');
    const [first] = await sessions();
    await eventually(async () => (await sessions())[0]?.until !== first?.until, { withinMs: 15_000 });
    expect((await sessions())[0]?.since).toBe(first?.since);
    expect(await stream.waitForBytes(20, 5_000)).toBe(true);
    await stream.stop();
  }, 60_000);
});

describe('when somebody is dead at the end of a window', () => {
  it('policy and the bus: connections are cut all the same', async () => {
    const end = inSeconds(14);
    await using system = await System.start(gateway, config(end));
    const streams = await Promise.all(families.map((family) => hold('cut', family)));
    const [policy, nats] = [system.pidOf('policy'), system.pidOf('nats-server')];
    for (const pid of [policy, nats]) process.kill(pid, 'SIGSTOP');
    try {
      await Promise.all(streams.map((stream) => expectCutAt(stream, end)));
    } finally {
      for (const pid of [policy, nats]) process.kill(pid, 'SIGCONT');
    }
    for (const stream of streams) await stream.stop();
  }, 60_000);

  it('the interceptor: no new connection at once, and live ones are cut when it is back', async () => {
    const end = inSeconds(14);
    await using system = await System.start(gateway, config(end));
    const streams = await Promise.all(families.map((family) => hold('cut', family)));
    const kept = await hold('keep', 'ipv4');
    const interceptor = system.pidOf('interceptor');
    await eventually(() => Date.now() > end - 400, { withinMs: 15_000 });
    process.kill(interceptor, 'SIGSTOP');
    try {
      await eventually(() => Date.now() > end + 1_000, { withinMs: 5_000 });
      expect(await attempt('cut', 'ipv4')).toMatchObject({ connected: false });
    } finally {
      // Its life ends here: the one that comes after it has nothing but the kernel to know of what was.
      process.kill(interceptor, 'SIGKILL');
    }
    for (const stream of streams) expect(await lastByteAt(stream, 15_000)).not.toBeNull();
    expect(await kept.waitForBytes(20, 5_000), 'what is to be kept is kept').toBe(true);
    expect(await attempt('keep', 'ipv4')).toMatchObject({ connected: false });
    for (const stream of [...streams, kept]) await stream.stop();
  }, 60_000);
});
