// SPDX-License-Identifier: MIT
// Machines that sleep, and the box as their front door, in a real kernel.
import {
  capturePackets,
  connect,
  createLab,
  type Host,
  type HostName,
  holdConnection,
  type Lab,
  labObstacles,
  putToSleep,
  startTcpEcho,
  startTcpPush,
  startUdpEcho,
  type TcpService,
  type UdpService,
  udpExchange,
} from '@nftoggle/lab';
import { eventually, type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

type Kernel = typeof import('./waking.kernel.fixture.ts');

const device = (more: string): string => `version: 1
devices: { nas: { address: [192.168.1.20, "fd00:1::20"], mac: "02:00:00:00:01:20"${more} } }
services:
  game: { ports: [25565-25567/tcp, 19132/udp], to: nas, allow: [any]`;
const sleeper = `${device(', wake: true')} }\n`;
const frontDoor = `${device('')}, forward: true }\n`;
const sleeperBehindDoor = `${device(', wake: true')}, forward: true }\n`;
const masquerading = `${device('')}, forward: { masquerade: true } }\n`;

/** A session that was just opened lets a datagram overtake those that are still held. */
const inOrder = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

describe.skipIf(labObstacles().length > 0).each(['ipv4', 'ipv6'] as const)(
  'in a real kernel, over %s,',
  (family) => {
    let lab: Lab;
    let inside: Inside<Kernel>;
    let kernel: Inside<Kernel>['call'];
    let echo: TcpService;
    let udp: UdpService;
    const host = (name: HostName): Host => lab.host(name);

    beforeAll(async () => {
      lab = await createLab({ only: ['gateway', 'scanner', 'server', 'laptop', 'container'] });
      echo = await startTcpEcho(host('server'), { port: [25565, 25566], greeting: '' });
      await startTcpPush(host('server'), { port: 25567 });
      udp = await startUdpEcho(host('server'), { port: 19132 });
      await startTcpEcho(host('container'), { port: 80, greeting: '' });
      await lab.publish(8080, 'tcp', 80);
    });
    const start = async (): Promise<void> => {
      const module = new URL('./waking.kernel.fixture.ts', import.meta.url);
      inside = await startInside<Kernel>(host('gateway'), module);
      kernel = inside.call;
    };
    beforeEach(start);
    afterEach(async () => {
      await inside.close();
      await host('gateway').run(['nft', 'delete', 'table', 'inet', 'nftoggle']);
      await host('gateway').run(['conntrack', '-F']);
    });
    afterAll(async () => lab?.close());

    const greet = (from: HostName, address: string, port = 25565, timeoutMs = 15_000) =>
      connect(host(from), { address, port, payload: 'hi', timeoutMs });
    const peers = (): string[] => echo.connections.map(({ address }) => address);
    const asleep = (bootMs: number) => putToSleep(host('server'), { bootMs });

    describe('a machine that sleeps', () => {
      it('is reached by a single connect, held with its retransmits until the port answers', async () => {
        await kernel.begin(sleeper);
        const sleeping = await asleep(2_500);
        const result = await greet('scanner', host('server')[family]);
        expect(result).toMatchObject({ connected: true, received: 'hi' });
        expect(sleeping.wokenBy).toBeDefined();
        expect(result.synRetransmits).toBeGreaterThan(0);
        const { ready, asked, events } = await kernel.log();
        // The payload's way there and back is in it, and the end of a process.
        expect(Date.now() - (ready ?? 0)).toBeLessThan(1_500);
        // Policy is asked at the first packet, and once more before anybody is let in.
        expect(asked).toHaveLength(2);
        expect(events.map(({ type }) => type)).toEqual(['session_started']);
        const { replaced, held, waking } = await kernel.status();
        expect({ held, waking }).toEqual({ held: 0, waking: 0 });
        expect(replaced).toBe(result.synRetransmits);
      });

      it('that is up costs one probe, and a burst of connections one for all of them', async () => {
        await kernel.begin(sleeper);
        const results = await Promise.all(
          Array.from({ length: 5 }, () => greet('scanner', host('server')[family])),
        );
        expect(results.every(({ connected, synRetransmits }) => connected && synRetransmits === 0)).toBe(
          true,
        );
        expect((await kernel.log()).wakes).toHaveLength(1);
      });

      it('is woken again for a source that has a session, which policy is not asked about', async () => {
        await kernel.begin(sleeper);
        await greet('scanner', host('server')[family]);
        const sleeping = await asleep(1_200);
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        expect(await greet('scanner', host('server')[family])).toMatchObject({ connected: true });
        expect(sleeping.wokenBy).toBeDefined();
        expect((await kernel.log()).asked).toHaveLength(1);
      });

      it('gets all datagrams that came while it slept', async () => {
        await kernel.begin(sleeper);
        await asleep(800);
        const before = udp.datagrams.length;
        const { received } = await udpExchange(host('scanner'), {
          address: host('server')[family],
          port: 19132,
          count: 20,
          timeoutMs: 8_000,
        });
        expect(inOrder(received)).toEqual(Array.from({ length: 20 }, (_, i) => i));
        expect(udp.datagrams).toHaveLength(before + 20);
      });

      it('is silent for new connections, and goes on with those there are, while nobody intercepts', async () => {
        await kernel.begin(sleeper);
        const address = host('server')[family];
        const connection = await holdConnection(host('scanner'), { address, port: 25567 });
        await kernel.die();
        const capture = await capturePackets(host('scanner'), 'eth0', `src host ${address} and port 25565`);
        expect(await greet('scanner', address, 25565, 1_500)).toMatchObject({
          connected: false,
          errno: 'ETIMEDOUT',
        });
        await kernel.nftRun('flush chain inet nftoggle ask');
        expect(await greet('scanner', address, 25565, 1_500), 'the gate alone').toMatchObject({
          errno: 'ETIMEDOUT',
        });
        expect(await capture.stop()).toMatchObject({ count: 0, dropped: 0 });
        expect(await connection.waitForBytes(3, 2_000)).toBe(true);
        await connection.stop();
      });

      it('is asked for anew by the retransmit of a packet whose interceptor was killed while it held it', async () => {
        await kernel.begin(sleeper);
        await kernel.wol(false);
        const sleeping = await asleep(300);
        const connecting = greet('scanner', host('server')[family]);
        await eventually(async () => (await kernel.log()).wakes.length > 0);
        process.kill(inside.pid, 'SIGKILL');
        await inside.ended;
        expect(sleeping.wokenBy).toBeUndefined();
        await start();
        await kernel.begin(sleeper);
        expect(await connecting).toMatchObject({ connected: true, received: 'hi' });
      });

      it('keeps packets waiting while wol is away, and lets them go when it is back', async () => {
        await kernel.begin(sleeper);
        await kernel.wol(false);
        await asleep(300);
        const connecting = greet('scanner', host('server')[family]);
        await eventually(async () => (await kernel.log()).wakes.length > 5);
        expect(await kernel.status()).toMatchObject({ held: 1, waking: 1, denied: 0 });
        await kernel.wol(true);
        expect(await connecting).toMatchObject({ connected: true, received: 'hi' });
      });

      it('is not called unreachable, though a packet was let go too early', async () => {
        await kernel.begin(sleeper);
        await kernel.lie();
        const sleeping = await asleep(0);
        await host('gateway').ip(['neigh flush dev lan']);
        const address = host('server')[family];
        // The control: the kernel does say so, where nothing keeps it from that.
        await kernel.nftRun('flush chain inet nftoggle unreachable');
        expect(await greet('scanner', address, 25565, 6_000)).toMatchObject({ errno: 'EHOSTUNREACH' });
        await kernel.apply(sleeper);
        expect(await greet('scanner', address, 25565, 6_000)).toMatchObject({ errno: 'ETIMEDOUT' });
        const kept = await kernel.nftRun('list chain inet nftoggle unreachable');
        expect(kept).toMatch(/counter packets [1-9]/);
        await kernel.sendMagicPacket();
        await sleeping.waitUntilUp(2_000);
      });
    });

    describe('the box as front door', () => {
      it('leads its own port to the device, which sees the address of the client', async () => {
        await kernel.begin(frontDoor);
        for (const port of [25565, 25566])
          expect(await greet('scanner', host('gateway')[family], port)).toMatchObject({
            connected: true,
            received: 'hi',
            synRetransmits: 0,
          });
        expect(peers().slice(-2)).toEqual([host('scanner')[family], host('scanner')[family]]);
        expect((await kernel.log()).asked).toHaveLength(1);
        const flows = await host('gateway').run(['conntrack', '-L', '-p', 'tcp', '--dport', '25565']);
        expect(flows.stdout).toMatch(/mark=21/);
      });

      it.each([
        ['a burst that waited for a decision', frontDoor],
        ['a burst that waited for the device', sleeperBehindDoor],
      ])('leads datagrams there, %s among them', async (_, config) => {
        await kernel.begin(config);
        if (config === sleeperBehindDoor) await asleep(800);
        const { received } = await udpExchange(host('scanner'), {
          address: host('gateway')[family],
          port: 19132,
          count: 20,
          timeoutMs: 8_000,
        });
        expect(inOrder(received)).toEqual(Array.from({ length: 20 }, (_, i) => i));
        expect(udp.datagrams.at(-1)?.from.address).toBe(host('scanner')[family]);
      });

      it('wakes the device behind it', async () => {
        await kernel.begin(sleeperBehindDoor);
        await asleep(1_500);
        expect(await greet('scanner', host('gateway')[family])).toMatchObject({
          connected: true,
          received: 'hi',
        });
        expect((await kernel.log()).wakes[0]).toMatchObject({
          device: 'nas',
          address: host('server')[family],
          port: { protocol: 'tcp', port: 25565 },
          by: 'game',
        });
      });

      it('is shut to those whom policy denies', async () => {
        await kernel.begin(frontDoor);
        await kernel.say('deny');
        const capture = await capturePackets(
          host('scanner'),
          'eth0',
          `src host ${host('gateway')[family]} and port 25565`,
        );
        expect(await greet('scanner', host('gateway')[family], 25565, 1_200)).toMatchObject({
          connected: false,
        });
        expect(await capture.stop()).toMatchObject({ count: 0, dropped: 0 });
      });

      it('serves clients of the same network by its own address, with masquerade', async () => {
        await kernel.begin(masquerading);
        const lan = family === 'ipv4' ? '192.168.1.1' : 'fd00:1::1';
        expect(await greet('laptop', lan)).toMatchObject({ connected: true, received: 'hi' });
        expect(peers().at(-1)).toBe(lan);
        // The control: the device answers its neighbour directly, which that one does not understand.
        await kernel.apply(frontDoor);
        expect(await greet('laptop', lan, 25566, 1_500)).toMatchObject({ connected: false });
      });

      it('leaves the published ports of others alone', async () => {
        await kernel.begin(frontDoor);
        expect(await greet('scanner', host('gateway')[family], 8080)).toMatchObject({
          connected: true,
          received: 'hi',
        });
      });

      it('is no door any more when the configuration says so, and cuts nobody by that', async () => {
        await kernel.begin(frontDoor);
        const address = host('gateway')[family];
        const connection = await holdConnection(host('scanner'), { address, port: 25567 });
        await kernel.apply(`${device('')} }\n`);
        expect(await greet('scanner', address)).toMatchObject({ connected: false, errno: 'ECONNREFUSED' });
        await kernel.apply(frontDoor);
        expect(await greet('scanner', address)).toMatchObject({ connected: true });
        expect(await connection.waitForBytes(3, 2_000)).toBe(true);
        await connection.stop();
      });
    });
  },
);
