// SPDX-License-Identifier: MIT
// Processes die, hang and come back. Strangers try all the time and never get a packet; connections that were
// let in never notice; and whoever may come in can, as soon as the dead are back.
import { setTimeout as pause } from 'node:timers/promises';
import {
  type ConnectResult,
  connect,
  createLab,
  type Host,
  type Lab,
  startTcpEcho,
  startUdpEcho,
} from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addFreshSources, type FreshSource, freshNetworks } from './fresh-sources.ts';
import { harmed, LiveTraffic, lostSegments } from './live-traffic.ts';
import { Random } from './random.ts';
import type { DaemonName } from './running-system.ts';
import { Strangers } from './strangers.ts';
import { killNow, recovered, statusNow } from './system-health.ts';
import { UpSystem } from './up-system.ts';

const tcpPort = 22;
const udpPort = 5000;
const controlPort = 80;

const config = `
version: 1
services:
  echo:
    ports: [${tcpPort}/tcp, ${udpPort}/udp]
    open_for: 4h
    allow: [203.0.113.7, "2001:db8:a::7", ${freshNetworks.map((network) => `"${network}"`).join(', ')}]
`;

let lab: Lab;
let gateway: Host;
let friend: Host;
let system: UpSystem;
let live: LiveTraffic;
let strangers: Strangers;
let fresh: FreshSource[];
const random = new Random(20_261_123);

beforeAll(async () => {
  lab = await createLab({ only: ['gateway', 'scanner', 'friend'] });
  [gateway, friend] = [lab.host('gateway'), lab.host('friend')];
  // A probe for a lost tail is sent after 2 ms of silence here: it would count as a loss that there was not.
  for (const host of [gateway, friend]) await host.setSysctl({ 'net.ipv4.tcp_early_retrans': 0 });
  fresh = await addFreshSources(friend, gateway, 60);
  await startTcpEcho(gateway, { port: [tcpPort, controlPort] });
  await startUdpEcho(gateway, { port: udpPort });
  system = await UpSystem.start(gateway, config);
  live = await LiveTraffic.start(friend, gateway, tcpPort, udpPort);
  strangers = await Strangers.start(lab.host('scanner'), gateway, {
    tcpPort,
    udpPort,
    controlPort,
    perSecond: 200,
  });
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await lab?.close();
});

/** Both families; each has its own source, so that every one of them is asked about. */
async function connectFresh(timeoutMs = 2_000): Promise<readonly ConnectResult[]> {
  const source = fresh.shift();
  if (source === undefined) throw new Error('no fresh source is left: add more');
  return Promise.all([
    connect(friend, { address: gateway.ipv4, port: tcpPort, source: source.ipv4, timeoutMs, payload: 'new' }),
    connect(friend, { address: gateway.ipv6, port: tcpPort, source: source.ipv6, timeoutMs, payload: 'new' }),
  ]);
}

/** New connections of sources that have a session, one after the other until told to stop. */
function keepConnecting(): AsyncDisposable & { readonly stop: () => Promise<readonly ConnectResult[]> } {
  const results: ConnectResult[] = [];
  let goesOn = true;
  const connecting = (async () => {
    while (goesOn) {
      for (const address of [gateway.ipv4, gateway.ipv6])
        results.push(await connect(friend, { address, port: tcpPort, payload: 'again' }));
      await pause(20);
    }
  })();
  const stop = async (): Promise<readonly ConnectResult[]> => {
    goesOn = false;
    await connecting;
    return results;
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

const atFirstSyn = { connected: true, synRetransmits: 0, received: expect.stringContaining('again') };
const letIn = { connected: true, received: expect.stringContaining('new') };

function expectSilence(): void {
  expect(strangers.packetsBack).toEqual([]);
  expect(strangers.answered).toEqual([]);
}

const combinations: readonly (readonly DaemonName[])[] = [
  ['interceptor'],
  ['policy'],
  ['wol'],
  ['nats-server'],
  ['interceptor', 'policy'],
  ['interceptor', 'nats-server'],
  ['policy', 'nats-server'],
  ['interceptor', 'policy', 'wol', 'nats-server'],
];

describe('kill -9', () => {
  it.each(combinations.map((names) => ({ names, title: names.join(' and ') })))(
    'of $title: live sessions go on at the first SYN, and a new source gets in once it is back',
    async ({ names, title }) => {
      await using connecting = keepConnecting();
      await pause(random.below(300));
      const killed = performance.now();
      const gone = killNow(system, names);
      expect(gone).toHaveLength(names.length);
      await recovered(system, gone);
      const back = performance.now();
      const results = await connectFresh();
      report(`${title}: healthy after ${ms(back - killed)}`, results);
      expect(results).toEqual([expect.objectContaining(letIn), expect.objectContaining(letIn)]);
      const again = await connecting.stop();
      expect(again.length).toBeGreaterThan(4);
      for (const result of again) expect(result).toMatchObject(atFirstSyn);
      expectSilence();
    },
  );
});

describe('a process that hangs for three seconds', () => {
  it.each(['interceptor', 'policy'] as const)(
    '%s: nothing passes meanwhile, everything works after',
    async (name) => {
      const pid = system.pidOf(name);
      await using connecting = keepConnecting();
      process.kill(pid, 'SIGSTOP');
      const [refused] = await Promise.all([connectFresh(2_500), pause(3_000)]);
      process.kill(pid, 'SIGCONT');
      for (const result of refused) expect(result).toMatchObject({ connected: false, errno: 'ETIMEDOUT' });
      await recovered(system);
      expect(await connectFresh()).toEqual([expect.objectContaining(letIn), expect.objectContaining(letIn)]);
      for (const result of await connecting.stop()) expect(result).toMatchObject(atFirstSyn);
      expect(system.pidOf(name)).toBe(pid);
      expectSilence();
    },
  );
});

describe('no interceptor at all', () => {
  it('answers nobody new, and keeps who is in, for as long as nothing listens on the queues', async () => {
    // A supervisor that stands still cannot start it again.
    process.kill(system.child.pid, 'SIGSTOP');
    const gone = killNow(system, ['interceptor']);
    try {
      await eventually(async () => (await queues()) === '');
      await using connecting = keepConnecting();
      for (const result of await connectFresh(1_500))
        expect(result).toMatchObject({ connected: false, errno: 'ETIMEDOUT' });
      for (const result of await connecting.stop()) expect(result).toMatchObject(atFirstSyn);
    } finally {
      process.kill(system.child.pid, 'SIGCONT');
    }
    await recovered(system, gone);
    expect(await connectFresh()).toEqual([expect.objectContaining(letIn), expect.objectContaining(letIn)]);
    expectSilence();
  });
});

describe('kill -9 of `up` itself', () => {
  it('ends its children, leaves the guard, and a new `up` takes the sessions over as they were', async () => {
    const before = (await statusNow(system)).interceptor?.sessions ?? [];
    const pids = (['interceptor', 'policy', 'wol', 'api', 'nats-server'] as const).map((name) =>
      system.pidOf(name),
    );
    await using connecting = keepConnecting();
    system.child.kill('SIGKILL');
    await eventually(() => pids.every((pid) => !isAlive(pid)), { withinMs: 15_000 });
    for (const result of await connectFresh(1_500))
      expect(result).toMatchObject({ connected: false, errno: 'ETIMEDOUT' });
    await system.up();
    const after = (await statusNow(system)).interceptor?.sessions ?? [];
    expect(before.length).toBeGreaterThanOrEqual(2);
    for (const session of before) {
      const kept = after.find(({ covers }) => covers === session.covers);
      expect(kept).toMatchObject({ service: session.service, covers: session.covers, rule: session.rule });
      const drift = Math.abs(Date.parse(kept?.until ?? '') - Date.parse(session.until));
      expect(drift).toBeLessThan(2_000);
    }
    expect(await connectFresh()).toEqual([expect.objectContaining(letIn), expect.objectContaining(letIn)]);
    for (const result of await connecting.stop()) expect(result).toMatchObject(atFirstSyn);
    expectSilence();
  });
});

describe('twenty deaths at random', () => {
  it('harm nobody who is in and help nobody who is not', { timeout: 120_000 }, async () => {
    await using connecting = keepConnecting();
    const gone: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      gone.push(...killNow(system, random.oneOf(combinations)));
      await pause(random.below(1_500));
    }
    await recovered(system, gone);
    expect(await connectFresh()).toEqual([expect.objectContaining(letIn), expect.objectContaining(letIn)]);
    for (const result of await connecting.stop()) expect(result).toMatchObject(atFirstSyn);
    expect(gone.length).toBeGreaterThanOrEqual(20);
    expectSilence();
  });
});

describe('after all that', () => {
  it('no live stream lost, reordered or repeated anything, at either end', async () => {
    const lost = await Promise.all([
      lostSegments(friend, `dport = :${tcpPort}`),
      lostSegments(gateway, `sport = :${tcpPort}`),
    ]);
    const streams = await live.stop();
    console.log(
      streams
        .map(
          ({ name, sent, longestSilence }) => `${name}: ${sent} sent, longest silence ${ms(longestSilence)}`,
        )
        .join('\n'),
    );
    expect(streams).toHaveLength(4);
    expect(harmed(streams)).toEqual([]);
    expect(lost).toEqual([0, 0]);
  });

  it('no stranger ever got a packet, though the unguarded port answered them all the time', async () => {
    const { packetsBack, answered, dropped, attempts, controls } = await strangers.stop();
    console.log(
      `${attempts} attempts of strangers, ${packetsBack.length} packets back; ${controls} controls let in`,
    );
    expect({ packetsBack, answered, dropped }).toEqual({ packetsBack: [], answered: [], dropped: 0 });
    expect(controls).toBeGreaterThan(attempts / 100);
  });
});

/** The kernel's list of bound queues. */
async function queues(): Promise<string> {
  const { stdout } = await gateway.run(['cat', '/proc/self/net/netfilter/nfnetlink_queue']);
  return stdout.trim();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function report(what: string, results: readonly ConnectResult[]): void {
  const took = results.map((result) => `${ms(result.ms)} (${result.synRetransmits} SYN again)`);
  console.log(`${what}; then a new source: IPv4 ${took[0]}, IPv6 ${took[1]}`);
}

const ms = (value: number): string => `${Math.round(value)} ms`;
