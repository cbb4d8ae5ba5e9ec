// SPDX-License-Identifier: MIT
// The owner changes his mind while everything runs: what is taken away ends at once, what is given works at
// once, and nobody else notices.

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
import { statusNow } from './system-health.ts';
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

describe('a service is added and removed', () => {
  it('guards the new port at once, opens the old one again, and leaves the others alone', async () => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: [22, 8080] });
    await startUdpEcho(gateway, { port: 5000 });
    const ssh = service('ssh', '22/tcp, 5000/udp', [friend4, friend6]);
    await using system = await System.start(gateway, yaml(ssh));
    const live = await LiveTraffic.start(friend, gateway, 22, 5000);
    await expectLetIn(scanner, gateway, 8080);

    await system.reconfigure(yaml(ssh, service('web', '8080/tcp', [scanner4, scanner6])));
    await expectShutOut(friend, gateway, 8080);
    await expectLetIn(scanner, gateway, 8080);
    await expectShutOut(scanner, gateway, 22);

    await system.reconfigure(yaml(ssh));
    await expectLetIn(friend, gateway, 8080);
    await expectShutOut(scanner, gateway, 22);

    await system.reconfigure(
      yaml(service('ssh', '22/tcp, 5000/udp', [friend4, friend6, scanner4, scanner6])),
    );
    await expectLetIn(scanner, gateway, 22);
    expect(harmed(await live.stop())).toEqual([]);
  });

  it('keeps the marks of live sessions valid when services change places', async () => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: [22, 8080, 9090] });
    await startUdpEcho(gateway, { port: 5000 });
    const a = service('a', '22/tcp, 5000/udp', [friend4, friend6]);
    const b = service('b', '8080/tcp', [friend4, friend6, scanner4, scanner6]);
    const c = service('c', '9090/tcp', [friend4, friend6]);
    await using system = await System.start(gateway, yaml(a, b));
    const live = await LiveTraffic.start(friend, gateway, 22, 5000);
    const other = await holdConnection(scanner, { address: gateway.ipv4, port: 8080 });

    await system.reconfigure(yaml(c, b, a));
    await system.reconfigure(yaml(b, c, a));
    // b goes, and d comes: it may get the number that b had, and must not inherit its connections.
    await system.reconfigure(yaml(service('d', '9091/tcp', [friend4]), c, a));
    await system.reconfigure(
      yaml(service('d', '9091/tcp', [friend4]), service('e', '8080/tcp', [friend4]), c, a),
    );
    expect(await other.waitForBytes(1, 100)).toBe(false);
    const { sessions } = await system.interceptor();
    expect(
      sessions
        .filter((session) => session.service === 'a')
        .map(({ covers }) => covers)
        .sort(),
    ).toEqual([friend6, friend4].sort());
    expect(harmed(await live.stop())).toEqual([]);
  });
});

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

describe('a configuration that is wrong', () => {
  it('is not taken: the last good one stays in force and the status says why, until it is right again', async () => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: 22 });
    await startUdpEcho(gateway, { port: 5000 });
    const good = yaml(service('ssh', '22/tcp, 5000/udp', [friend4, friend6]));
    await using system = await System.start(gateway, good);
    const live = await LiveTraffic.start(friend, gateway, 22, 5000);
    const { interceptor } = await statusNow(system);
    for (const bad of [
      good.replace('allow', 'alow'),
      'services: [',
      'version: 1\nservices: {}\nservices: {}\n',
      '',
    ]) {
      system.writeConfig(bad);
      const problem = await eventually(async () => {
        const status = await statusNow(system);
        const problems = [status.interceptor?.problem, status.policy?.problem];
        return problems.every((text) => typeof text === 'string') && problems.join('\n');
      });
      expect(problem).toContain('nftoggle.yml');
      expect((await statusNow(system)).interceptor?.revision).toBe(interceptor?.revision);
      await expectLetIn(friend, gateway, 22);
      await expectShutOut(scanner, gateway, 22);
    }
    await system.reconfigure(
      yaml(service('ssh', '22/tcp, 5000/udp', [friend4, friend6, scanner4, scanner6])),
    );
    expect((await statusNow(system)).interceptor?.problem).toBeNull();
    await expectLetIn(scanner, gateway, 22);
    expect(harmed(await live.stop())).toEqual([]);
  });
});

describe('a change that the kernel refuses for a while', () => {
  // A chain that a verdict map points to cannot be removed.
  const pin = (chain: string): string =>
    `add map inet nftoggle pin { type ipv4_addr : verdict; elements = { 192.0.2.1 : goto ${chain} }; }`;

  it('is made as soon as it can be; until then the status says what is in force, and why', async () => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: [22, 8080] });
    const [ssh, web] = [service('ssh', '22/tcp', [friend4, friend6]), service('web', '8080/tcp', [])];
    await using system = await System.start(gateway, yaml(ssh, web));
    const before = await system.interceptor();
    const { index } = /ask_(?<index>\d+)_web/.exec(await listing(gateway))?.groups ?? {};
    await gateway.loadRuleset(pin(`ask_${index}_web`));
    system.writeConfig(yaml(ssh));
    const refused = await eventually(async () => {
      const status = await system.interceptor();
      if (status.problem === null) throw new Error('no problem yet');
      return status;
    });
    expect(refused.problem).toMatch(/the kernel refused the new ruleset/);
    expect(refused).toMatchObject({ revision: before.revision, pid: before.pid, guard: 'guarding' });
    await expectShutOut(scanner, gateway, 8080);
    await gateway.loadRuleset('delete map inet nftoggle pin');
    await eventually(async () => (await system.interceptor()).problem === null, { withinMs: 15_000 });
    expect((await system.interceptor()).revision).not.toBe(before.revision);
    await expectLetIn(scanner, gateway, 8080);
    await expectLetIn(friend, gateway, 22);
  });

  it('does not end the interceptor when it is a repair', async () => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: 22 });
    await using system = await System.start(gateway, yaml(service('ssh', '22/tcp', [friend4, friend6])));
    const { pid } = await system.interceptor();
    await gateway.loadRuleset(`add chain inet nftoggle foreign\n${pin('foreign')}`);
    await eventually(async () => (await system.interceptor()).guard === 'failed');
    await expectShutOut(scanner, gateway, 22);
    await gateway.loadRuleset('delete map inet nftoggle pin');
    await eventually(async () => (await system.interceptor()).guard === 'guarding', { withinMs: 15_000 });
    expect(await listing(gateway)).not.toContain('foreign');
    await expectLetIn(friend, gateway, 22);
    expect((await system.interceptor()).pid).toBe(pid);
  });

  const listing = async (host: Host): Promise<string> =>
    (await host.run(['nft', 'list', 'table', 'inet', 'nftoggle'])).stdout;
});
