// SPDX-License-Identifier: MIT
// A port that was open becomes guarded: at first, later, after a pause, after `mode: watch`. Who is connected
// stays, the owner on his ssh first of all; who comes new is a stranger.

import type { EventData } from '@nftoggle/contracts';
import { connect, type Host, startTcpEcho, startUdpEcho } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { EventTap } from './event-tap.ts';
import { harmed, LiveTraffic } from './live-traffic.ts';
import {
  expectAlive,
  expectLetIn,
  expectShutOut,
  families,
  friend4,
  friend6,
  openAndTalk,
  type Source,
  scanner4,
  scanner6,
  service,
  setScene,
  yaml,
} from './scene.ts';
import { System } from './system.ts';

describe.each([
  { nat: true, title: 'a machine that tracks connections already' },
  { nat: false, title: 'a machine that never tracked a connection' },
])('on $title', ({ nat }) => {
  it('the first start keeps the connections that are there, and shuts new strangers out', async () => {
    await using scene = await setScene({ nat });
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: 22 });
    const there = await openAndTalk(friend, gateway, 22);
    await using _system = await System.start(gateway, yaml(service('ssh', '22/tcp', [scanner4, scanner6])));
    await expectAlive(there);
    await expectShutOut(friend, gateway, 22);
    await expectLetIn(scanner, gateway, 22);
    await expectAlive(there);
  });

  it('a port that becomes guarded later keeps the connections that are there', async () => {
    await using scene = await setScene({ nat });
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: [22, 8080] });
    const ssh = service('ssh', '22/tcp', [scanner4, scanner6]);
    const early = await openAndTalk(friend, gateway, 8080);
    await using system = await System.start(gateway, yaml(ssh));
    const late = await openAndTalk(friend, gateway, 8080);
    await system.reconfigure(yaml(ssh, service('web', '8080/tcp', [scanner4, scanner6])));
    await expectAlive([...early, ...late]);
    await expectShutOut(friend, gateway, 8080);
    await expectLetIn(scanner, gateway, 8080);
    await expectAlive([...early, ...late]);
  });
});

describe('a configuration that changed while `up` was down', () => {
  it.each([
    { title: 'another port', before: yaml(service('web', '8080/tcp', [scanner4, scanner6])) },
    {
      title: 'mode: watch',
      before: yaml(service('ssh', '22/tcp', [scanner4, scanner6])).replace(
        'services',
        'mode: watch\nservices',
      ),
    },
  ])('keeps the connections that $title had left alone, and shuts new strangers out', async ({ before }) => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: [22, 8080] });
    await using system = await System.start(gateway, before);
    const there = await openAndTalk(friend, gateway, 22);
    await system.stop();
    system.writeConfig(yaml(service('ssh', '22/tcp', [scanner4, scanner6])));
    await system.up();
    await expectAlive(there);
    await expectShutOut(friend, gateway, 22);
    await expectLetIn(scanner, gateway, 22);
  });
});

describe('mode: watch', () => {
  const watching = (text: string): string => text.replace('version: 1\n', 'version: 1\nmode: watch\n');

  it('blocks nothing and says what would have been, and is switched on and off while people are in', async () => {
    await using scene = await setScene();
    const { gateway, friend, scanner } = scene;
    await startTcpEcho(gateway, { port: 22 });
    await startUdpEcho(gateway, { port: 5000 });
    // The first refusal of a source is told at once, so each phase has a stranger of its own.
    const [second, third] = [stranger(67), stranger(68)];
    await scanner.ip(
      [second, third].flatMap(({ ipv4, ipv6 }) => [
        `address add ${ipv4}/24 dev eth0`,
        `address add ${ipv6}/64 dev eth0 nodad`,
      ]),
    );
    const config = yaml(service('ssh', '22/tcp, 5000/udp', [friend4, friend6]));
    await using system = await System.start(gateway, watching(config));
    const tap = await EventTap.open(system);
    const live = await LiveTraffic.start(friend, gateway, 22, 5000);
    // Of strangers a few are told one by one, and then one more each 12 s: who goes on trying is told some time.
    const expectTold = async (source: Source, enforced: boolean): Promise<void> => {
      for (const family of families) {
        const told = async (): Promise<boolean> => {
          await connect(scanner, { address: gateway[family], port: 22, source: source[family] });
          return tap.heard('access_denied').some(({ data }) => isAbout(data, source[family], enforced));
        };
        await eventually(told, { withinMs: 40_000 });
      }
    };

    await expectLetIn(scanner, gateway, 22);
    await expectTold(scanner, false);
    expect(tap.heard('access_denied').filter(({ data }) => data.source.address === friend4)).toEqual([]);
    const there = await openAndTalk(scanner, gateway, 22);

    await system.reconfigure(config);
    await expectAlive(there);
    await expectShutOut(scanner, gateway, 22, second);
    await expectTold(second, true);
    await expectLetIn(friend, gateway, 22);

    await system.reconfigure(watching(config));
    await expectLetIn(scanner, gateway, 22, third);
    await expectTold(third, false);

    await system.reconfigure(config);
    await expectShutOut(scanner, gateway, 22, third);
    await expectLetIn(friend, gateway, 22);
    expect(await sessionsInKernel(gateway, 'ssh')).toEqual([friend6, friend4].sort());
    await expectAlive(there);
    expect(harmed(await live.stop())).toEqual([]);
  }, 180_000);
});

function isAbout(denied: EventData<'access_denied'>, address: string, enforced: boolean): boolean {
  const { source, service, protocol } = denied;
  const what = source.address === address && denied.enforced === enforced;
  return what && service === 'ssh' && protocol === 'tcp';
}

const stranger = (id: number): Source => ({ ipv4: `203.0.113.${id}`, ipv6: `2001:db8:a::${id}` });

/** Addresses of live sessions of a service, by the kernel's word. */
async function sessionsInKernel(gateway: Host, name: string): Promise<readonly string[]> {
  const lists = await Promise.all(
    ['v4', 'v6'].map((kind) => gateway.run(['nft', 'list', 'set', 'inet', 'nftoggle', `${kind}_${name}`])),
  );
  return lists
    .flatMap(({ stdout }) => [...stdout.matchAll(/([0-9a-f.:]+) timeout /g)].map((match) => match[1] ?? ''))
    .sort();
}
