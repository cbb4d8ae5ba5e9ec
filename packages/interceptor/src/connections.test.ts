// SPDX-License-Identifier: MIT
import {
  capturePackets,
  createLab,
  type HeldConnection,
  type Host,
  holdConnection,
  type Lab,
  labObstacles,
  startTcpPush,
} from '@nftoggle/lab';
import { eventually, type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { network } from './session.fixture.ts';

type Kernel = typeof import('./kernel.fixture.ts');
const ssh = 'version: 1\nservices:\n  ssh: { ports: [22/tcp], allow: [lan] }\n';
const tcp = (from: number, to = from) => ({ protocol: 'tcp' as const, from, to });

describe.skipIf(labObstacles().length > 0).each(['ipv4', 'ipv6'] as const)(
  'connections over %s',
  (family) => {
    let lab: Lab;
    let inside: Inside<Kernel>;
    let kernel: Inside<Kernel>['call'];
    let gateway: Host;
    let scanner: Host;
    let held: HeldConnection;
    let from = 20_000;

    beforeAll(async () => {
      lab = await createLab({ only: ['gateway', 'scanner'], nat: false });
      [gateway, scanner] = [lab.host('gateway'), lab.host('scanner')];
      inside = await startInside<Kernel>(gateway, new URL('./kernel.fixture.ts', import.meta.url));
      kernel = inside.call;
      await startTcpPush(gateway, { port: [22, 23] });
    });
    beforeEach(async () => {
      await kernel.forgetFlows();
      from += 1;
      held = await holdConnection(scanner, { address: gateway[family], port: 22, from });
    });
    afterEach(async () => {
      await held.stop();
      await kernel.nftRun('flush ruleset');
    });
    afterAll(async () => {
      await inside?.close();
      await lab?.close();
    });

    const track = () =>
      kernel.nftRun(`add table inet track
      add chain inet track c { type filter hook prerouting priority -150; }
      add rule inet track c ct state established accept`);
    /** Marks of the connection of this test. Found half-way, either end may be the one who opened it. */
    const marks = async (): Promise<number[]> =>
      (await kernel.flows())
        .filter(({ original }) => [original.sourcePort, original.destinationPort].includes(from))
        .map(({ mark }) => mark);
    const isTracked = () => eventually(async () => (await marks()).length === 1);
    const goesOn = async (): Promise<void> => {
      expect(await held.waitForBytes(3, 5_000)).toBe(true);
    };

    it('that conntrack never saw are made known to it and go on when their port becomes guarded', async () => {
      expect(await marks()).toEqual([]);
      await kernel.newGuard(ssh);
      expect((await kernel.guardApply(ssh)).kept).toBeGreaterThanOrEqual(1);
      await goesOn();
      expect(await marks()).toEqual([0x8000_0000]);
    });

    it('that conntrack knows keep the mark bits of others', async () => {
      await track();
      await isTracked();
      await kernel.markFlow(from, 0x0000_0077);
      expect(await kernel.keepExisting([tcp(22)])).toBeGreaterThanOrEqual(1);
      expect(await marks()).toEqual([0x8000_0077]);
      expect(await kernel.keepExisting([tcp(22)])).toBe(0);
    });

    it('are counted, each direction by itself, if they begin once the kernel is to count', async () => {
      await track();
      await isTracked();
      await gateway.setSysctl({ 'net.netfilter.nf_conntrack_acct': 1 });
      const capture = await capturePackets(gateway, 'wan', `tcp port ${from + 5_000}`);
      const counted = await holdConnection(scanner, {
        address: gateway[family],
        port: 22,
        from: from + 5_000,
      });
      await counted.waitForBytes(100, 5_000);
      await counted.stop();
      const flow = async (port: number) =>
        (await kernel.flows()).find(({ original }) => original.sourcePort === port);
      const { count } = await capture.stop();
      const first = await flow(from + 5_000);
      const { original, reply } = first?.traffic ?? {};
      expect((original?.packets ?? 0) + (reply?.packets ?? 0)).toBe(count);
      // Headers of each packet, and what was pushed, all of it towards the one who connected.
      expect(original?.bytes).toBeLessThan((original?.packets ?? 0) * 90);
      expect(reply?.bytes).toBeGreaterThan((reply?.packets ?? 0) * 40 + 100);
      expect((await flow(from))?.traffic, 'one that was there before').toBeUndefined();
      expect(first?.id).toEqual(expect.any(Number));
      expect(first?.id).not.toBe((await flow(from))?.id);
      await gateway.setSysctl({ 'net.netfilter.nf_conntrack_acct': 0 });
    });

    it('of other ports are left alone', async () => {
      await track();
      await isTracked();
      expect(await kernel.keepExisting([tcp(23), { protocol: 'udp', from: 22, to: 22 }])).toBe(0);
      expect(await marks()).toEqual([0]);
    });

    it('of one source and one service are cut, and no others', async () => {
      await track();
      await isTracked();
      await kernel.markFlow(from, 0x8010_0077);
      const source = network(scanner[family]);
      expect(await kernel.cut(2, source)).toBe(0);
      expect(await kernel.cut(1, network(family === 'ipv4' ? '203.0.113.67' : '2001:db8:a::67'))).toBe(0);
      expect(await kernel.cut(1, source)).toBe(1);
    });

    it('of a whole prefix are cut by its name', async () => {
      await track();
      await isTracked();
      await kernel.markFlow(from, 0x8010_0000);
      expect(await kernel.cut(1, network(family === 'ipv4' ? '203.0.113.0/24' : '2001:db8:a::/64'))).toBe(1);
    });

    it('stop when they are cut under the guard, though their server goes on sending', async () => {
      await kernel.newGuard(ssh);
      await kernel.guardApply(ssh);
      await goesOn();
      expect(await kernel.cut(0, network(scanner[family]))).toBeGreaterThanOrEqual(1);
      // What is under way may still arrive; the server then waits for ever for somebody to acknowledge it.
      await eventually(async () => !(await held.waitForBytes(1, 500)));
      expect(await marks()).not.toContain(0x8000_0000);
    });

    it("lose our mark, and nobody else's, when their service is guarded no more", async () => {
      await track();
      await isTracked();
      await kernel.markFlow(from, 0x8010_0077);
      await kernel.release(2);
      expect(await marks()).toEqual([0x8010_0077]);
      await kernel.release(1);
      expect(await marks()).toEqual([0x0000_0077]);
    });
  },
);
