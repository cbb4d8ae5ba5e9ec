// SPDX-License-Identifier: MIT
// Docker beside us: containers that know nothing of nftoggle, on the machine that it guards. The port that the world
// sees is guarded, whatever Docker makes of it; ports that nobody named stay as they were.
import { capturePackets, connect, type Host, scan, startTcpEcho, udpExchange } from '@nftoggle/lab';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eachFamily, friend4, friend6, type Scene, scanner4, scanner6, setScene } from '../e2e/scene.ts';
import { UpSystem } from '../e2e/up-system.ts';
import { Engine } from './engine.ts';
import {
  addNetwork,
  importNeighbour,
  innerPort,
  reachesFrom,
  seenAs,
  startNeighbour,
  visitors,
} from './neighbours.ts';

// Docker takes its time where there is other work.
vi.setConfig({ testTimeout: 180_000 });

/** Guarded; containers listen on another port. */
const guarded = 8080;
/** Guarded, and published from a network that has no IPv6: Docker's relay serves it over IPv6, or nobody does. */
const guarded4 = 8084;
/** Published as well, and named by nobody. */
const open = 9090;

/** Containers of which one is named in the configuration, by its own addresses. */
const named = { ipv4: '172.30.0.80', ipv6: 'fd00:80::80' };
const unnamed = { ipv4: '172.30.0.90', ipv6: 'fd00:80::90' };

const at = ({ ipv4, ipv6 }: { readonly ipv4: string; readonly ipv6: string }) => [
  '--ip',
  ipv4,
  '--ip6',
  ipv6,
];

const config = `
version: 1
devices:
  box: { address: [${named.ipv4}, "${named.ipv6}"] }
services:
  web: { ports: [${guarded}/tcp, ${guarded}/udp, ${guarded4}/tcp, ${guarded4}/udp], allow: [${friend4}, "${friend6}"] }
  inner: { ports: [80/tcp], allow: [${friend4}] }
  direct: { ports: [80/tcp], to: box, allow: [${friend4}, "${friend6}"] }
`;

describe.each([{ userlandProxy: true }, { userlandProxy: false }])('with %o', ({ userlandProxy }) => {
  let scene: Scene;
  let engine: Engine;
  let system: UpSystem;
  let gateway: Host;
  let friend: Host;
  let scanner: Host;

  beforeAll(async () => {
    scene = await setScene();
    ({ gateway, friend, scanner } = scene);
    engine = await Engine.start(gateway, { userlandProxy });
    await importNeighbour(engine);
    await addNetwork(engine, 'home');
    await startNeighbour(engine, 'web', { port: guarded, network: 'home', flags: at(named) });
    await startNeighbour(engine, 'web4', { port: guarded4 });
    await startNeighbour(engine, 'blog', { port: open, network: 'home', flags: at(unnamed) });
    system = await UpSystem.start(gateway, config);
  }, 20 * 60_000);

  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
    await scene?.[Symbol.asyncDispose]();
  });

  it('a stranger gets not one packet back, over TCP, UDP and both families', async () => {
    const ports = [guarded, guarded4].map((port) => `src port ${port}`).join(' or ');
    const capture = await capturePackets(scanner, 'eth0', `(${ports}) and not src host ${scanner4}`);
    await eachFamily(async (family) => {
      const address = gateway[family];
      for (const port of [guarded, guarded4]) {
        expect(await connect(scanner, { address, port })).toMatchObject({
          connected: false,
          errno: 'ETIMEDOUT',
        });
        expect(await udpExchange(scanner, { address, port, count: 3 })).toMatchObject({
          received: [],
          errno: null,
        });
      }
    });
    for (const type of ['S', 'A', 'F'] as const) {
      const states = await scan(scanner, gateway.ipv4, [guarded, guarded4], type);
      expect(states.get(guarded)).toMatch(/filtered/);
    }
    expect(await capture.stop()).toEqual({ lines: [], count: 0, dropped: 0 });
    expect(await visitors(engine, 'web')).toEqual(new Set());
    expect(await visitors(engine, 'web4')).toEqual(new Set());
  });

  it('the friend is let in, and the container sees who it is', async () => {
    await eachFamily(async (family) => {
      const address = gateway[family];
      expect(await seenAs(friend, address, guarded)).toBe(friend[family]);
      expect((await udpExchange(friend, { address, port: guarded, count: 3 })).received).toHaveLength(3);
    });
    expect(await visitors(engine, 'web')).toEqual(new Set([friend4, friend6]));
  });

  it(`IPv6 to a container without it goes ${userlandProxy ? "by Docker's relay" : 'nowhere'}, guarded as well`, async () => {
    expect(await seenAs(friend, gateway.ipv4, guarded4)).toBe(friend4);
    const relayed = await seenAs(friend, gateway.ipv6, guarded4);
    // The relay is a program of this machine, and its connections are of this machine's address.
    if (userlandProxy) expect(relayed).toBe('172.17.0.1');
    else expect(relayed).toBeUndefined();
    expect(await seenAs(scanner, gateway.ipv6, guarded4)).toBeUndefined();
  });

  it('a published port that nobody named is open to everybody, as it was', async () => {
    const queued = await system.packetsQueued();
    await eachFamily(async (family) => {
      const address = gateway[family];
      expect(await seenAs(scanner, address, open)).toBe(scanner[family]);
      expect((await udpExchange(scanner, { address, port: open, count: 3 })).received).toHaveLength(3);
    });
    expect(await visitors(engine, 'blog')).toEqual(new Set([scanner4, scanner6]));
    expect(await system.packetsQueued()).toBe(queued);
  });

  it('containers reach each other on a port that is guarded on the host, and the world does not', async () => {
    for (const address of Object.values(unnamed))
      expect(await reachesFrom(engine, 'web', address, innerPort)).toBe(true);
    expect(await connect(scanner, { address: gateway.ipv4, port: innerPort })).toMatchObject({
      errno: 'ETIMEDOUT',
    });
  });

  it('a container is a stranger, too, at the port that the world sees and at a guarded container', async () => {
    for (const address of [gateway.ipv4, gateway.ipv6]) {
      expect(await reachesFrom(engine, 'blog', address, guarded)).toBe(false);
      expect(await reachesFrom(engine, 'web', address, open)).toBe(true);
    }
    for (const address of Object.values(named))
      expect(await reachesFrom(engine, 'blog', address, innerPort)).toBe(false);
  });

  it('who is on the same link and goes to a container itself, past the published port, meets the guard of a device', async () => {
    for (const host of [friend, scanner])
      await host.ip([
        `route add 172.30.0.0/24 via ${gateway.ipv4}`,
        `route add fd00:80::/64 via ${gateway.ipv6}`,
      ]);
    await eachFamily(async (family) => {
      expect(await seenAs(friend, named[family], innerPort)).toBe(friend[family]);
      expect(await seenAs(scanner, named[family], innerPort)).toBeUndefined();
      // Docker 26 lets everybody in there, published or not; from 28 on it does so itself no more.
      expect(await seenAs(scanner, unnamed[family], innerPort)).toBe(scanner[family]);
    });
  });

  it('a container gets out to the world', async () => {
    await startTcpEcho(friend, { port: 7000 });
    for (const address of [friend4, friend6])
      expect(await reachesFrom(engine, 'web', address, 7000)).toBe(true);
  });
});
