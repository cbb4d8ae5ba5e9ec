// SPDX-License-Identifier: MIT
// Other firewalls beside us, at work on the same machine. What is guarded stays guarded; what is let in by one of the two
// and not by the other stays out.
import { connect, startTcpEcho, startUdpEcho } from '@nftoggle/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eachFamily,
  expectLetIn,
  expectShutOut,
  friend4,
  friend6,
  type Scene,
  setScene,
} from '../e2e/scene.ts';
import { UpSystem } from '../e2e/up-system.ts';
import { expectHeldToConnect, expectUnnoticed } from './beside.ts';
import { FirewallRoot } from './firewall-root.ts';

/** Guarded, and allowed by the other firewall. */
const steady = 7000;
/** The same, and asked for only while policy is stopped: one for each way to reload. */
const fresh = [7001, 7005];
/** Guarded, and not allowed by the other firewall. */
const refused = 7002;
/** Guarded by nobody: allowed by the other firewall, and not allowed. */
const [open, shut] = [7003, 7004];
const allowed = [steady, ...fresh, open];

const allow = `allow: [${friend4}, "${friend6}"]`;
const config = `
version: 1
services:
  steady: { ports: [${steady}/tcp, ${steady}/udp], ${allow} }
${fresh.map((port) => `  fresh-${port}: { ports: [${port}/tcp, ${port}/udp], ${allow} }`).join('\n')}
  refused: { ports: [${refused}/tcp], ${allow} }
`;

interface Firewall {
  readonly name: string;
  readonly enable: (root: FirewallRoot) => Promise<void>;
  /** Its ways to load all of its rules anew. */
  readonly reloads: readonly (readonly string[])[];
  readonly disable: (root: FirewallRoot) => Promise<void>;
}

const ufw: Firewall = {
  name: 'ufw',
  enable: async (root) => {
    for (const port of allowed) await root.run('ufw', 'allow', String(port));
    await root.run('ufw', '--force', 'enable');
  },
  reloads: [
    ['ufw', 'reload'],
    ['/usr/lib/ufw/ufw-init', 'force-reload'],
  ],
  disable: async (root) => void (await root.run('ufw', 'disable')),
};

const firewalld: Firewall = {
  name: 'firewalld',
  enable: async (root) => {
    const ports = allowed.flatMap((port) => [`--add-port=${port}/tcp`, `--add-port=${port}/udp`]);
    await root.run('firewall-offline-cmd', ...ports);
    await root.run(
      'sh',
      '-c',
      'mkdir -p /run/dbus; [ -e /run/dbus/pid ] || exec dbus-daemon --system --fork',
    );
    root.start('firewalld', '--nofork', '--nopid');
    await root.run('sh', '-c', 'until firewall-cmd --state; do sleep 0.1; done');
  },
  reloads: [
    ['firewall-cmd', '--reload'],
    // Which forgets every connection as well.
    ['firewall-cmd', '--complete-reload'],
  ],
  disable: async (root) =>
    void (await root.run(
      'sh',
      '-c',
      'kill $(pidof -x firewalld); until ! pidof -x firewalld; do sleep 0.1; done',
    )),
};

describe.each([ufw, firewalld])('beside $name', ({ enable, reloads, disable }) => {
  let scene: Scene;
  let root: FirewallRoot;
  let system: UpSystem;

  beforeAll(async () => {
    scene = await setScene();
    await startTcpEcho(scene.gateway, { port: [...allowed, refused, shut] });
    await startUdpEcho(scene.gateway, { port: allowed });
    root = await FirewallRoot.start(scene.gateway);
    system = await UpSystem.start(scene.gateway, config);
  }, 20 * 60_000);

  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
    await root?.[Symbol.asyncDispose]();
    await scene?.[Symbol.asyncDispose]();
  });

  const ports = { live: steady, guarded: [steady, ...fresh], control: open, unguarded: open };

  it('it is switched on, loaded anew and off, and nobody notices', async () => {
    const { gateway, friend } = scene;
    await expectLetIn(friend, gateway, shut);
    await expectUnnoticed(scene, ports, async () => {
      await enable(root);
      await expectRefused(shut);
      for (const reload of [...reloads, ...reloads]) await root.run(...reload);
      await disable(root);
      await expectLetIn(friend, gateway, shut);
      await enable(root);
    });
  }, 300_000);

  it('what both allow is let in, and nothing else', async () => {
    const { gateway, friend, scanner } = scene;
    await expectLetIn(friend, gateway, steady);
    await expectLetIn(scanner, gateway, open);
    await expectShutOut(scanner, gateway, steady);
    for (const port of [refused, shut]) await expectRefused(port);
  });

  /** One drops, the other says so: both keep the friend out. */
  const expectRefused = (port: number): Promise<void> =>
    eachFamily(async (family) =>
      expect(await connect(scene.friend, { address: scene.gateway[family], port })).toMatchObject({
        connected: false,
      }),
    );

  it.each(reloads.map((argv, index) => ({ argv, port: fresh[index] ?? 0 })))(
    '$argv while first packets are held: they connect',
    async ({ argv, port }) => {
      await expectUnnoticed(scene, { live: null, guarded: [port], control: open }, () =>
        expectHeldToConnect(system, scene.friend, port, async () => void (await root.run(...argv))),
      );
    },
    300_000,
  );
});
