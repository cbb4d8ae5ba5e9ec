// SPDX-License-Identifier: MIT
// kill -9 while a client is held for a machine that wakes. Nothing hangs, strangers get nothing meanwhile, and the
// client gets in: by the SYN that its own kernel sends again, at the latest by trying again.
import { setTimeout as pause } from 'node:timers/promises';
import {
  type ConnectResult,
  connect,
  createLab,
  type Host,
  type Lab,
  labObstacles,
  putToSleep,
  startTcpEcho,
} from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addFreshSources, type FreshSource, freshNetworks } from './fresh-sources.ts';
import { families } from './scene.ts';
import { Strangers } from './strangers.ts';
import { type DaemonName, System } from './system.ts';
import { killNow, recovered, statusNow } from './system-health.ts';
import { listed, ms, sleeper } from './wake-scene.ts';

const [tcpPort, udpPort, controlPort] = [7_000, 7_001, 80] as const;
const bootMs = 5_000;

let lab: Lab;
let gateway: Host;
let friend: Host;
let server: Host;
let system: System;
let strangers: Strangers;
let fresh: FreshSource[];

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  lab = await createLab({ only: ['gateway', 'scanner', 'friend', 'server'] });
  [gateway, friend, server] = [lab.host('gateway'), lab.host('friend'), lab.host('server')];
  fresh = await addFreshSources(friend, gateway, 20);
  await startTcpEcho(server, { port: tcpPort });
  await startTcpEcho(gateway, { port: controlPort });
  system = await System.start(
    gateway,
    `version: 1
devices:
${sleeper('nas', server, '{ timeout: 60s, min_gap: 0 }')}services:
  game: { ports: [${tcpPort}/tcp, ${udpPort}/udp], to: nas, forward: true, allow: [${listed(freshNetworks)}] }
`,
  );
  const options = { tcpPort, udpPort, controlPort, perSecond: 20 };
  strangers = await Strangers.start(lab.host('scanner'), gateway, options);
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await lab?.close();
});

function takeFresh(): FreshSource {
  const source = fresh.shift();
  if (source === undefined) throw new Error('no fresh source is left: add more');
  return source;
}

/** One connect() of each family, by the box's own port over IPv4 and to the machine's address over IPv6. */
function connectAll(source: FreshSource, timeoutMs: number): Promise<readonly ConnectResult[]> {
  const addresses = { ipv4: gateway.ipv4, ipv6: server.ipv6 };
  return Promise.all(
    families.map((family) =>
      connect(friend, {
        address: addresses[family],
        port: tcpPort,
        source: source[family],
        timeoutMs,
        payload: 'hi',
      }),
    ),
  );
}

const letIn = { connected: true, received: expect.stringContaining('hi') };
const all: readonly DaemonName[] = ['wol', 'policy', 'nats-server', 'interceptor'];

describe('kill -9 while a client waits for a machine', () => {
  it.each([...all.map((name) => [name]), all].map((names) => ({ names, title: names.join(', ') })))(
    'of $title',
    async ({ names, title }) => {
      const source = takeFresh();
      const asleep = await putToSleep(server, { bootMs });
      const waiting = connectAll(source, 45_000);
      await eventually(async () => (await statusNow(system)).interceptor?.waking === 2, { withinMs: 10_000 });
      await eventually(() => asleep.wokenBy !== undefined, { withinMs: 10_000 });
      await pause(500);
      const gone = killNow(system, names);
      expect(gone).toHaveLength(names.length);
      await recovered(system, gone);
      const first = await waiting;
      const retry = await connectAll(source, 10_000);
      console.log(`${title}: ${shown(first)}; tried again: ${shown(retry)}`);
      for (const result of retry) expect(result).toMatchObject(letIn);
      for (const result of first) expect(result, 'its own SYN, sent again').toMatchObject(letIn);
      expect(strangers.answered).toEqual([]);
      await eventually(async () => (await statusNow(system)).interceptor?.held === 0, { withinMs: 10_000 });
    },
    120_000,
  );

  it('no stranger got a packet all the while, and the unguarded port answered them', async () => {
    const { packetsBack, answered, dropped, controls } = await strangers.stop();
    expect({ packetsBack, answered, dropped }).toEqual({ packetsBack: [], answered: [], dropped: 0 });
    expect(controls).toBeGreaterThan(0);
  });
});

function shown(results: readonly ConnectResult[]): string {
  return results.map((each) => `${each.errno ?? ms(each.ms)} (${each.synRetransmits} SYN again)`).join(', ');
}
