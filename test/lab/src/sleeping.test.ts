// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labObstacles } from './available.ts';
import { capturePackets } from './capture.ts';
import { connect } from './connect.ts';
import { createLab, type Lab } from './lab.ts';
import { captureMagicPackets } from './magic-packets.ts';
import { rawPackets } from './raw-packets.ts';
import { startTcpEcho } from './services.ts';
import { putToSleep } from './sleeping.ts';

/** Sent by the gateway on its LAN side. */
function magicPacket(from: string, to: string): string {
  const header = `Ether(src="${from}", dst="ff:ff:ff:ff:ff:ff", type=0x0842)`;
  return `sendp(${header}/Raw(b"\\xff"*6 + mac2str("${to}")*16), iface="lan")`;
}

describe.skipIf(labObstacles().length > 0)('a sleeping host', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab({ only: ['gateway', 'server', 'laptop'] });
  });
  afterAll(() => lab.close());

  it('answers nothing until its own magic packet, then everything after its boot time', async () => {
    const [gateway, server, laptop] = [lab.host('gateway'), lab.host('server'), lab.host('laptop')];
    const waker = gateway.on('lan').mac;
    await startTcpEcho(server, { port: 7000 });
    const reach = async () => {
      const tries = [server.ipv4, server.ipv6].map((address) =>
        connect(laptop, { address, port: 7000, timeoutMs: 300 }),
      );
      return (await Promise.all(tries)).map((each) => each.connected);
    };
    expect(await reach()).toEqual([true, true]);

    const asleep = await putToSleep(server, { bootMs: 100 });
    expect(await reach()).toEqual([false, false]);

    await rawPackets(gateway, magicPacket(waker, laptop.on().mac));
    expect(asleep.wokenBy).toBeUndefined();
    await expect(asleep.waitUntilUp(50)).rejects.toThrow(/still sleeps/);

    await rawPackets(gateway, magicPacket(waker, server.on().mac));
    await asleep.waitUntilUp(5000);
    expect(asleep.wokenBy).toBe(waker);
    await expect.poll(reach, { timeout: 10_000 }).toEqual([true, true]);
  });

  it('falls asleep again, and boots for as long as it is told', async () => {
    const [gateway, server, laptop] = [lab.host('gateway'), lab.host('server'), lab.host('laptop')];
    const reach = () => connect(laptop, { address: server.ipv4, port: 7000, timeoutMs: 300 });
    const asleep = await putToSleep(server, { bootMs: 1_500 });
    expect((await reach()).connected).toBe(false);
    const [own, all] = [
      await captureMagicPackets(gateway, 'lan', server),
      await captureMagicPackets(gateway, 'lan'),
    ];
    const woken = Date.now();
    await rawPackets(gateway, magicPacket(gateway.on('lan').mac, laptop.on().mac));
    await rawPackets(gateway, magicPacket(gateway.on('lan').mac, server.on().mac));
    expect([(await own.stop()).count, (await all.stop()).count]).toEqual([1, 2]);
    expect(asleep.upAt).toBeUndefined();
    await asleep.waitUntilUp(10_000);
    expect(asleep.upAt).toBeGreaterThanOrEqual(woken + 1_500);
    await expect.poll(async () => (await reach()).connected, { timeout: 10_000 }).toBe(true);
  });

  it('speaks to its router when it is up, where it is told to', async () => {
    const [gateway, server] = [lab.host('gateway'), lab.host('server')];
    const { ipv4, ipv6 } = gateway.on('lan');
    const capture = await capturePackets(gateway, 'lan', 'udp port 9 and not ether broadcast');
    const asleep = await putToSleep(server, { bootMs: 100, speaksUp: true });
    await rawPackets(gateway, magicPacket(gateway.on('lan').mac, server.on().mac));
    await asleep.waitUntilUp(10_000);
    await capture.waitForPacket(new RegExp(`${server.ipv4}\\.\\d+ > ${ipv4}\\.9:`), 2_000);
    await capture.waitForPacket(new RegExp(`${server.ipv6}\\.\\d+ > ${ipv6}\\.9:`), 2_000);
    await capture.stop();
  });
});
