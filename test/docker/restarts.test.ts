// SPDX-License-Identifier: MIT
// Docker at work beside us: containers that come and go, a daemon that is restarted or dies, rules that are loaded anew.
import { startTcpEcho } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { friend4, friend6, type Scene, setScene } from '../e2e/scene.ts';
import { UpSystem } from '../e2e/up-system.ts';
import { expectHeldToConnect, expectUnnoticed } from './beside.ts';
import { Engine } from './engine.ts';
import { addNetwork, importNeighbour, Project, seenAs, startNeighbour } from './neighbours.ts';

// Docker takes its time where there is other work.
vi.setConfig({ testTimeout: 180_000 });

const [steady, coming, open] = [8080, 8081, 9090];
/** Guarded, and asked for only while policy is stopped; one for each test. */
const fresh = [8090, 8091, 8092, 8093];

const allow = `allow: [${friend4}, "${friend6}"]`;
const config = `
version: 1
services:
  steady: { ports: [${steady}/tcp, ${steady}/udp], ${allow} }
  coming: { ports: [${coming}/tcp, ${coming}/udp], ${allow} }
${fresh.map((port) => `  fresh-${port}: { ports: [${port}/tcp, ${port}/udp], ${allow} }`).join('\n')}
`;

/** Somebody's services: one on a guarded port, one on another. */
const project = `
services:
  coming:
    image: neighbour
    restart: always
    networks: [home]
    ports: ["${coming}:80/tcp", "${coming}:80/udp"]
  other:
    image: neighbour
    restart: always
    ports: ["8082:80/tcp", "8082:80/udp"]
networks:
  home: { external: true }
`;

interface Stage extends AsyncDisposable {
  readonly scene: Scene;
  readonly engine: Engine;
  readonly system: UpSystem;
  readonly project: Project;
}

async function setStage(liveRestore: boolean): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const scene = stack.use(await setScene());
  const engine = stack.use(await Engine.start(scene.gateway, { liveRestore }));
  await importNeighbour(engine);
  await addNetwork(engine, 'home');
  const flags = [
    '--restart',
    'always',
    ...fresh.flatMap((port) => ['--publish', `${port}:80/tcp`, '--publish', `${port}:80/udp`]),
  ];
  await startNeighbour(engine, 'steady', { port: steady, network: 'home', flags });
  // No container: what becomes of a container that nobody guards is everybody's to see.
  await startTcpEcho(scene.gateway, { port: open });
  const services = new Project(engine, 'services', project);
  await services.compose('up', '--detach');
  const system = stack.use(await UpSystem.start(scene.gateway, config));
  const all = stack.move();
  return { scene, engine, system, project: services, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const ports = { live: steady, guarded: [steady, coming], control: open };

async function expectFriendLetIn({ scene: { friend, gateway } }: Stage, port: number): Promise<void> {
  for (const family of ['ipv4', 'ipv6'] as const)
    await eventually(async () => (await seenAs(friend, gateway[family], port)) === friend[family], {
      withinMs: 15_000,
    });
}

describe('with containers that outlive the daemon', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage(true);
  }, 20 * 60_000);
  afterAll(() => stage?.[Symbol.asyncDispose]());

  it('containers are restarted and made anew, the guarded one too, and nobody notices', async () => {
    await expectUnnoticed(stage.scene, ports, async () => {
      await stage.project.compose('restart', '--timeout', '1');
      await expectFriendLetIn(stage, coming);
      await stage.project.compose('up', '--detach', '--force-recreate', '--timeout', '1');
      await expectFriendLetIn(stage, coming);
      await stage.project.compose('down', '--timeout', '1');
      await stage.project.compose('up', '--detach');
      await expectFriendLetIn(stage, coming);
    });
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'the daemon ends by %s and starts again, and nobody notices',
    async (signal) => {
      await expectUnnoticed(stage.scene, ports, async () => {
        await stage.engine.restartDaemon(signal);
        await expectFriendLetIn(stage, coming);
      });
    },
  );

  it.each([
    ['the daemon is restarted', (): Promise<void> => stage.engine.restartDaemon('SIGTERM')],
    ['the daemon is killed', (): Promise<void> => stage.engine.restartDaemon('SIGKILL')],
    ['a container is made anew', async (): Promise<void> => void (await recreate())],
    ['all rules of iptables are loaded anew', (): Promise<void> => reloadRules()],
  ] as const)('%s while first packets are held: they connect', async (_what, work) => {
    const port = fresh.shift() ?? 0;
    const unlived = { ...ports, live: null, guarded: [port] };
    await expectUnnoticed(stage.scene, unlived, () =>
      expectHeldToConnect(stage.system, stage.scene.friend, port, work),
    );
  });

  it('all rules of iptables are loaded anew, and nobody notices', async () => {
    await expectUnnoticed(stage.scene, ports, async () => {
      for (let round = 0; round < 5; round += 1) await reloadRules();
      await expectFriendLetIn(stage, coming);
    });
  });

  const recreate = () => stage.project.compose('up', '--detach', '--force-recreate', '--timeout', '1');
  /** As firewalls do that know iptables alone: every table is emptied and written in one go. */
  const reloadRules = async (): Promise<void> => {
    for (const family of ['iptables', 'ip6tables']) {
      const { stdout } = await stage.engine.iptables([`${family}-save`]);
      await stage.engine.iptables([`${family}-restore`], stdout);
    }
  };
});

describe('with containers that end with the daemon', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage(false);
  }, 20 * 60_000);
  afterAll(() => stage?.[Symbol.asyncDispose]());

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'the daemon ends by %s: strangers learn nothing, and the friend is let in again',
    async (signal) => {
      await expectUnnoticed(stage.scene, { ...ports, live: null }, async () => {
        await expectFriendLetIn(stage, steady);
        await stage.engine.restartDaemon(signal);
        await expectFriendLetIn(stage, steady);
        await expectFriendLetIn(stage, coming);
      });
      expect((await stage.system.interceptor()).guard).toBe('guarding');
    },
  );
});
