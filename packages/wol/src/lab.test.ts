// SPDX-License-Identifier: MIT
// Real packets: what leaves this host, and whether it wakes a machine that is deaf to everything else.
import { fileURLToPath } from 'node:url';
import type { WakeReply, WakeTraceReply } from '@nftoggle/contracts';
import {
  createLab,
  type Host,
  type Lab,
  labObstacles,
  putToSleep,
  startTcpEcho,
  startUdpEcho,
} from '@nftoggle/lab';
import { eventually, type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Wol from './wol-inside.fixture.ts';

type WolInside = Inside<typeof Wol>;

interface Frame {
  readonly ether: string;
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly magic: boolean;
}

/** Reads the wire of a host; `stop` gives every frame that passed before. */
async function readFrames(host: Host, mac: string) {
  const program = fileURLToPath(new URL('./frame-reader.fixture.py', import.meta.url));
  const reader = host.start(['/usr/bin/python3', program, host.on().name, mac]);
  await reader.waitFor(/^armed$/, 10_000);
  const frames = (): Frame[] =>
    reader.output.filter(({ text }) => text.startsWith('{')).map(({ text }) => JSON.parse(text) as Frame);
  return {
    waitUntil: (count: number) =>
      reader.waitUntil(() => (frames().length >= count ? true : undefined), 5_000),
    stop: async () => {
      reader.endInput();
      await reader.exited;
      return frames();
    },
  };
}

const state = (reply: WakeReply) => ('error' in reply ? reply.message : reply.state);
const stepsOf = (reply: WakeTraceReply) => ('error' in reply ? [] : reply.steps);
const tcp = (port: number) => ({ protocol: 'tcp', port }) as const;

describe.skipIf(labObstacles().length > 0)('wol on a network', () => {
  let lab: Lab;
  let wol: WolInside;
  let server: Host;
  let laptop: Host;

  beforeAll(async () => {
    lab = await createLab({ only: ['gateway', 'server', 'laptop', 'camera'] });
    [server, laptop] = [lab.host('server'), lab.host('laptop')];
    wol = await startInside<typeof Wol>(
      lab.host('gateway'),
      new URL('./wol-inside.fixture.ts', import.meta.url),
    );
  });
  afterAll(async () => {
    await wol.close();
    await lab.close();
  });

  const configure = (wake: Wol.HostText['wake'] = {}, host = server) =>
    wol.call.configure('nas', { macs: [host.on().mac], addresses: [host.ipv4, host.ipv6], wake });

  it.each([
    ['IPv4', 7_000, () => server.ipv4, '192.168.1.1'],
    ['IPv6', 7_001, () => server.ipv6, 'fd00:1::1'],
  ])('wakes a machine that sleeps, and finds its port ready over %s', async (_, port, address, gateway) => {
    await configure();
    await startTcpEcho(server, { port });
    const asleep = await putToSleep(server, { bootMs: 700 });
    const asked = wol.call.ask({ device: 'nas', port: tcp(port), address: address() });
    await asleep.waitUntilUp(5_000);
    // As a machine does that comes up: it says something to somebody. Its router is the first one.
    await server.run(['/bin/bash', '-c', `echo > /dev/udp/${gateway}/9`]);
    const spoke = Date.now();
    const { reply, at } = await asked;
    expect(state(reply)).toBe('ready');
    expect(asleep.wokenBy).toBe(lab.host('gateway').on('lan').mac);
    console.log(`${address()}: ready ${at - spoke} ms after the machine spoke, its port being open before`);
    // Well before the kernel asks by itself, once a second, also on a machine with other things to do.
    expect(at - spoke).toBeLessThan(700);
    expect((await wol.call.published()).map(({ type }) => type)).toEqual(['wake_started', 'wake_ready']);
  });

  it.each([
    ['IPv4', 7_005, () => server.ipv4],
    ['IPv6', 7_006, () => server.ipv6],
  ])(
    'finds a machine that says nothing when the kernel asks for its address anew, over %s',
    async (_, port, address) => {
      await configure();
      await startTcpEcho(server, { port });
      const asleep = await putToSleep(server, { bootMs: 700 });
      const asked = wol.call.ask({ device: 'nas', port: tcp(port), address: address() });
      await asleep.waitUntilUp(5_000);
      const up = Date.now();
      const { reply, at } = await asked;
      expect(state(reply)).toBe('ready');
      console.log(
        `${address()}: ready ${at - up} ms after its addresses were back, its port being open before`,
      );
      // Once a second, for either family.
      expect(at - up).toBeLessThan(1_500);
    },
  );

  it.each([
    ['IPv4', 7_010, () => server.ipv4],
    ['IPv6', 7_011, () => server.ipv6],
  ])(
    'says ready at once when the port of a machine that came up answers, over %s',
    async (_, port, address) => {
      await configure();
      const asleep = await putToSleep(server, { bootMs: 200 });
      const asked = wol.call.ask({ device: 'nas', port: tcp(port), address: address() });
      await asleep.waitUntilUp(5_000);
      // Its services start later than its network.
      await eventually(() => wol.output().includes(`${address()} refuses tcp/${port}`));
      const served = await startsLater(server, port);
      const { reply, at } = await asked;
      expect(state(reply)).toBe('ready');
      console.log(`${address()}: ready ${at - served} ms after the port answered`);
      expect(at - served).toBeLessThan(700);
    },
  );

  it('sends exactly the packets that it announces, each of them right to the last byte', async () => {
    await configure({ timeout: 6 }, laptop);
    const camera = lab.host('camera');
    const mac = laptop.on().mac;
    const [near, far] = [await readFrames(laptop, mac), await readFrames(camera, mac)];
    // Nothing listens there, and the machine answers: that would spare packets. So it is made deaf.
    await laptop.loadRuleset(
      'table inet deaf { chain in { type filter hook input priority 0; meta l4proto tcp drop; }\n}',
    );
    const { reply } = await wol.call.ask({ device: 'nas', port: tcp(7_999), address: laptop.ipv4 });
    expect(state(reply)).toBe('failed');
    const events = await wol.call.published();
    const announced = await wol.call.sent();
    const packets = 4; // at 0, 1, 2 and 4 s
    expect(events.at(-1)).toMatchObject({ type: 'wake_failed', data: { packets } });
    expect(announced.every(({ problem }) => problem === null)).toBe(true);
    expect(announced.length).toBe(packets * 10);

    await near.waitUntil(announced.length);
    const frames = await near.stop();
    expect(frames.every(({ magic }) => magic)).toBe(true);
    const count = (all: readonly Frame[]) => {
      const counts: Record<string, number> = {};
      for (const { ether, from, to, port } of all) {
        const key = `${ether} ${from.startsWith('fe80') ? 'link-local' : from} > ${to}:${port}`;
        counts[key] = (counts[key] ?? 0) + 1;
      }
      return counts;
    };
    const everyone = 'ff:ff:ff:ff:ff:ff 192.168.1.1';
    const expected = Object.fromEntries(
      [9, 7].flatMap((port) => [
        [`${everyone} > 192.168.1.255:${port}`, packets],
        [`${everyone} > 255.255.255.255:${port}`, packets],
        [`33:33:00:00:00:01 link-local > ff02::1:${port}`, packets],
        [`${mac} 192.168.1.1 > ${laptop.ipv4}:${port}`, packets],
        [`${mac} fd00:1::1 > ${laptop.ipv6}:${port}`, packets],
      ]),
    );
    expect(count(frames)).toEqual(expected);
    // Everybody else on the wire got the broadcasts, and no more.
    const others = count(await far.stop());
    expect(others).toEqual(
      Object.fromEntries(Object.entries(expected).filter(([key]) => !key.startsWith(mac))),
    );
    await laptop.loadRuleset('delete table inet deaf');
  });

  it('sends no packet to a machine that is up', async () => {
    await configure({}, laptop);
    await startTcpEcho(laptop, { port: 7_020 });
    const frames = await readFrames(laptop, laptop.on().mac);
    const begun = Date.now();
    const { reply, at } = await wol.call.ask({ device: 'nas', port: tcp(7_020), address: null });
    expect(state(reply)).toBe('ready');
    console.log(`a machine that is up: ready after ${at - begun} ms`);
    expect(at - begun).toBeLessThan(700);
    expect(await wol.call.published()).toEqual([]);
    expect(await frames.stop()).toEqual([]);
  });

  it('wakes for a UDP service, and waits until its port is not refused', async () => {
    await configure();
    await startUdpEcho(server, { port: 7_030 });
    const asleep = await putToSleep(server, { bootMs: 100 });
    const port = { protocol: 'udp', port: 7_030 } as const;
    const { reply } = await wol.call.ask({ device: 'nas', port, address: server.ipv4 });
    expect(state(reply)).toBe('ready');
    expect(asleep.wokenBy).toBeDefined();
  });

  it('tells what a firewall of this host does to its packets', async () => {
    const gateway = lab.host('gateway');
    await configure({ timeout: 1 });
    const asleep = await putToSleep(server);
    await gateway.loadRuleset(
      'table inet shut { chain out { type filter hook output priority 0; udp dport { 7, 9 } drop; }\n}',
    );
    const asked = wol.call.ask({ device: 'nas', port: tcp(7_040), address: null });
    const { reply } = await asked;
    expect(reply).toMatchObject({
      state: 'failed',
      problem: expect.stringMatching(/firewall of this host drops it \(EPERM\)/),
    });
    await gateway.loadRuleset('delete table inet shut');
    expect(asleep.wokenBy).toBeUndefined();
    await configure();
    const woken = wol.call.ask({ device: 'nas', port: null, address: null });
    await asleep.waitUntilUp(5_000);
    expect(state((await woken).reply)).toBe('ready');
  });

  it('says of a machine in another network that it can hardly be woken from here', async () => {
    await wol.call.configure('nas', {
      macs: ['00:11:32:aa:bb:cc'],
      addresses: ['192.168.77.20'],
      wake: { timeout: 1 },
    });
    const { reply } = await wol.call.ask({ device: 'nas', port: tcp(22), address: null });
    expect(reply).toMatchObject({
      state: 'failed',
      problem: expect.stringMatching(/^no network of this host contains 192.168.77.20/),
    });
    const limited = (await wol.call.sent()).filter(({ destination }) => destination.kind === 'limited');
    expect(new Set(limited.map(({ destination }) => destination.interface))).toEqual(
      new Set(['wan', 'lan', 'admin', 'containers']),
    );
  });

  it('examines without waking', async () => {
    await configure();
    const asleep = await putToSleep(server);
    const request = { device: 'nas', patience: 5_000, doctor: true, by: 'anna' };
    const steps = [];
    for (;;) {
      const reply = await wol.call.trace({ ...request, after: steps.length });
      steps.push(...stepsOf(reply));
      if ('error' in reply || reply.done) break;
    }
    const text = steps.map((step) => `${step.step} ${step.text}`).join('\n');
    expect(text).toContain('path lan has 192.168.1.1 in 192.168.1.0/24, broadcast 192.168.1.255');
    expect(text).toMatch(/^neighbour 192\.168\.1\.20 on lan/m);
    expect(text).toMatch(
      /^packets would send magic packets for 02:00:00:00:01:20 to 192\.168\.1\.255 \(lan\), /m,
    );
    expect(await wol.call.sent()).toEqual([]);
    expect(asleep.wokenBy).toBeUndefined();
  });
});

/** Starts what listens at a port, and says when the port answered, by the machine's own word. */
async function startsLater(host: Host, port: number): Promise<number> {
  const code = `const s = require('net').createServer((c) => c.resume()).listen(${port}, '::', () => console.log('at ' + Date.now()));`;
  const child = host.start([process.execPath, '-e', code]);
  const [, at] = await child.waitFor(/^at (\d+)$/, 10_000);
  return Number(at);
}
