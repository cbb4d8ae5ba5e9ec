// SPDX-License-Identifier: MIT
// The owner takes something away while it is used: it ends at once, and nobody else notices.
import {
  type HeldConnection,
  type Host,
  holdConnection,
  startTcpEcho,
  startTcpPush,
  startUdpEcho,
  udpExchange,
} from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { EventTap } from './event-tap.ts';
import { harmed, LiveTraffic } from './live-traffic.ts';
import {
  eachFamily,
  expectLetIn,
  expectShutOut,
  families,
  friend4,
  friend6,
  openAndTalk,
  scanner4,
  scanner6,
  service,
  setScene,
  sourcePorts,
  yaml,
} from './scene.ts';
import { System } from './system.ts';
import { startUdpPush } from './udp-push.ts';

/** However long the server pushes, and though the client speaks. What was under way at the cut may still arrive. */
async function expectCut(connection: HeldConnection): Promise<void> {
  await eventually(async () => !(await connection.waitForBytes(1, 1_000)), { withinMs: 10_000 });
  connection.send('still there?');
  expect(await connection.waitForBytes(1, 1_000)).toBe(false);
}

/** Clients that go on sending, so that their packets meet every moment of the change. */
function pump(connections: readonly HeldConnection[]): AsyncDisposable {
  const timer = setInterval(() => {
    for (const connection of connections) connection.send('y\n');
  }, 2);
  return { [Symbol.asyncDispose]: async () => clearInterval(timer) };
}

async function openAndListen(from: Host, to: Host, port: number): Promise<readonly HeldConnection[]> {
  const open = await Promise.all(
    families.map((family) => holdConnection(from, { address: to[family], port })),
  );
  for (const connection of open) expect(await connection.waitForBytes(5, 5_000)).toBe(true);
  return open;
}

describe('a service that gets another name, or loses a port to another service', () => {
  const ports = '22-23/tcp, 5000/udp';
  const friends = [friend4, friend6];
  const all = [...friends, scanner4, scanner6];

  it.each([
    ['a new name', [service('door', ports, friends)]],
    ['a service that was there', [service('old', '24/tcp', all), service('other', ports, friends)]],
  ])('lets those who may use it under %s go on, and cuts the others', async (_, after) => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: 22 });
    await startTcpPush(gateway, { port: 23, intervalMs: 20 });
    await startUdpEcho(gateway, { port: 5000 });
    await using system = await System.start(
      gateway,
      yaml(service('old', ports, all), service('other', '25/tcp', friends)),
    );
    await using tap = await EventTap.open(system);
    const live = await LiveTraffic.start(friend, gateway, 22, 5000);
    const talking = await openAndTalk(scanner, gateway, 22);
    const listening = await openAndListen(scanner, gateway, 23);
    await using _pump = pump(talking);

    await system.reconfigure(yaml(...after));
    for (const covers of [friend4, friend6])
      await tap.waitFor('session_started', ({ data }) => data.covers === covers && data.service !== 'old');
    await Promise.all([...talking, ...listening].map(expectCut));
    await expectShutOut(scanner, gateway, 22);
    expect(harmed(await live.stop())).toEqual([]);
    if (after.length === 1)
      await tap.waitFor('session_ended', ({ data }) => data.covers === scanner4 && data.reason === 'revoked');

    // Nobody guards the port, and nobody is kept from it; then somebody does again.
    const later = await LiveTraffic.start(friend, gateway, 22, 5000);
    await system.reconfigure(yaml(service('else', '26/tcp', friends)));
    await expectLetIn(scanner, gateway, 22);
    await system.reconfigure(yaml(service('again', ports, friends)));
    await expectShutOut(scanner, gateway, 22);
    expect(harmed(await later.stop())).toEqual([]);
  });
});

describe('a friend who is removed', () => {
  it.each([0, 1])(
    'loses session and TCP connections though the server pushes, tcp_loose=%i; others keep theirs',
    async (loose) => {
      await using scene = await setScene();
      const { lab, gateway, friend, scanner } = scene;
      const laptop = lab.host('laptop');
      for (const host of [gateway]) await host.setSysctl({ 'net.netfilter.nf_conntrack_tcp_loose': loose });
      await startTcpPush(gateway, { port: 22, intervalMs: 20 });
      const others = [scanner4, scanner6, 'lan'];
      await using system = await System.start(
        gateway,
        yaml(service('push', '22/tcp', [friend4, friend6, ...others])),
      );
      const tap = await EventTap.open(system);
      const own = await Promise.all(
        families.map((family) => holdConnection(friend, { address: gateway[family], port: 22 })),
      );
      const kept = await Promise.all([
        ...families.map((family) => holdConnection(scanner, { address: gateway[family], port: 22 })),
        holdConnection(laptop, { address: gateway.on('lan').ipv4, port: 22 }),
      ]);
      for (const connection of [...own, ...kept]) expect(await connection.waitForBytes(5, 5_000)).toBe(true);

      await system.reconfigure(yaml(service('push', '22/tcp', others)));
      for (const source of [friend4, friend6])
        await tap.waitFor('session_ended', ({ data }) => data.covers === source && data.reason === 'revoked');
      await Promise.all(own.map(expectCut));
      await expectShutOut(friend, gateway, 22);
      // The server's own packets have made a new conntrack entry by now: it must not count as an old connection.
      await system.reconfigure(yaml(service('push', '22-23/tcp', others)));
      await Promise.all(own.map(expectCut));
      for (const connection of kept) expect(await connection.waitForBytes(5, 5_000)).toBe(true);
      expect(kept.map(({ closed }) => closed)).toEqual([undefined, undefined, undefined]);
      const { sessions } = await system.interceptor();
      expect(sessions.map(({ covers }) => covers)).not.toContain(friend4);

      await system.reconfigure(yaml(service('push', '22/tcp', [friend4, friend6, ...others])));
      expect(
        await (
          await holdConnection(friend, { address: gateway.ipv4, port: 22, timeoutMs: 3_000 })
        ).waitForBytes(1, 3_000),
      ).toBe(true);
    },
  );

  it('cannot make a UDP server act any more, though it goes on pushing to him', async () => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    const server = await startUdpPush(gateway, 5000);
    const allow = (sources: readonly string[]): string => yaml(service('push', '5000/udp', sources));
    await using system = await System.start(gateway, allow([friend4, friend6, scanner4, scanner6]));
    const knock = async (from: Host): Promise<void> => {
      await eachFamily(
        async (family) =>
          void (await udpExchange(from, {
            address: gateway[family],
            port: 5000,
            sourcePort: sourcePorts[family],
          })),
      );
    };
    await knock(friend);
    await knock(scanner);
    expect(server.heard.map(({ address }) => address).sort()).toEqual(
      [friend4, friend6, scanner4, scanner6].sort(),
    );

    await system.reconfigure(allow([scanner4, scanner6]));
    await eventually(async () => (await system.interceptor()).sessions.length === 2);
    await server.pushed(50);
    const heard = server.heard.length;
    await knock(friend);
    await knock(friend);
    await knock(scanner);
    expect(
      server.heard
        .slice(heard)
        .map(({ address }) => address)
        .sort(),
    ).toEqual([scanner4, scanner6].sort());
  });
});
