// SPDX-License-Identifier: MIT
// Docker's own nftables tables beside ours. The engine here is too old to write them: see docker-bridges.ts.
import { startTcpEcho } from '@nftoggle/lab';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { eachFamily, friend4, friend6, type Scene, setScene } from '../e2e/scene.ts';
import { UpSystem } from '../e2e/up-system.ts';
import { expectHeldToConnect, expectUnnoticed } from './beside.ts';
import { dockerBridges } from './docker-bridges.ts';
import { Engine } from './engine.ts';
import { importNeighbour, innerPort, seenAs, startNeighbour } from './neighbours.ts';

// Docker takes its time where there is other work.
vi.setConfig({ testTimeout: 180_000 });

const [steady, fresh, open, control] = [8080, 8090, 8082, 9090];
const published = [steady, fresh, open];
const networks = { ipv4: '172.31.0.0/24', ipv6: 'fd00:80::/64' };
const addressesOf = (index: number) => ({ ipv4: `172.31.0.${10 + index}`, ipv6: `fd00:80::${10 + index}` });

const rules = dockerBridges({
  bridge: 'bridge1',
  networks,
  containers: published.map((port, index) => ({ addresses: addressesOf(index), port, innerPort })),
});

const allow = `allow: [${friend4}, "${friend6}"]`;
const config = `
version: 1
services:
  steady: { ports: [${steady}/tcp, ${steady}/udp], ${allow} }
  fresh: { ports: [${fresh}/tcp, ${fresh}/udp], ${allow} }
`;

let scene: Scene;
let engine: Engine;
let system: UpSystem;

beforeAll(async () => {
  scene = await setScene();
  engine = await Engine.start(scene.gateway, { firewall: false, userlandProxy: false });
  await importNeighbour(engine);
  const subnets = Object.values(networks).flatMap((network) => ['--subnet', network]);
  const bridge = ['--opt', 'com.docker.network.bridge.name=bridge1'];
  await engine.docker(['network', 'create', '--ipv6', ...subnets, ...bridge, 'home']);
  for (const [index, port] of published.entries()) {
    const { ipv4, ipv6 } = addressesOf(index);
    const flags = ['--ip', ipv4, '--ip6', ipv6];
    await startNeighbour(engine, `on-${port}`, { port, network: 'home', flags });
  }
  await scene.gateway.loadRuleset(rules);
  await startTcpEcho(scene.gateway, { port: control });
  system = await UpSystem.start(scene.gateway, config);
}, 20 * 60_000);

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

it('the port that the world sees is guarded, and others are open as they were', async () => {
  const { gateway, friend, scanner } = scene;
  await eachFamily(async (family) => {
    expect(await seenAs(friend, gateway[family], steady)).toBe(friend[family]);
    expect(await seenAs(scanner, gateway[family], steady)).toBeUndefined();
    expect(await seenAs(scanner, gateway[family], open)).toBe(scanner[family]);
  });
});

it('a daemon that writes its tables anew is not noticed', async () => {
  await expectUnnoticed(scene, { live: steady, guarded: [steady, fresh], control }, async () => {
    for (let round = 0; round < 10; round += 1) await scene.gateway.loadRuleset(rules);
    await eachFamily(async (family) =>
      expect(await seenAs(scene.friend, scene.gateway[family], steady)).toBe(scene.friend[family]),
    );
  });
});

it('tables are written anew while first packets are held: they connect', async () => {
  await expectUnnoticed(scene, { live: steady, guarded: [fresh], control }, () =>
    expectHeldToConnect(system, scene.friend, fresh, () => scene.gateway.loadRuleset(rules)),
  );
});
