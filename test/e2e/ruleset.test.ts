// SPDX-License-Identifier: MIT
// Other people's hands on the firewall: what they do to our table is undone at once, what they do to theirs
// is none of our business, and those who are in do not notice.
import { setTimeout as pause } from 'node:timers/promises';
import { connect, createLab, type Host, type Lab, startTcpEcho, startUdpEcho } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventTap } from './event-tap.ts';
import { addFreshSources, type FreshSource, freshNetworks } from './fresh-sources.ts';
import { harmed, LiveTraffic } from './live-traffic.ts';
import { Strangers } from './strangers.ts';
import { System } from './system.ts';
import { recovered } from './system-health.ts';

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

/** A firewall that is not ours, with something of everything. */
const foreign = `
table inet foreign {
  set blocked {
    type ipv4_addr
    flags interval
    elements = { 192.0.2.0/24, 198.51.100.99 }
  }
  chain helper {
    tcp dport 9999 drop
  }
  chain input {
    type filter hook input priority filter + 5; policy accept;
    ip saddr @blocked drop
    jump helper
  }
}
table ip foreign4 {
  chain output {
    type nat hook output priority -100; policy accept;
  }
}
`;

let lab: Lab;
let gateway: Host;
let friend: Host;
let system: System;
let live: LiveTraffic;
let tap: EventTap;
let fresh: FreshSource[];

beforeAll(async () => {
  lab = await createLab({ only: ['gateway', 'scanner', 'friend'] });
  [gateway, friend] = [lab.host('gateway'), lab.host('friend')];
  fresh = await addFreshSources(friend, gateway, 40);
  await gateway.loadRuleset(foreign);
  await startTcpEcho(gateway, { port: [tcpPort, controlPort] });
  await startUdpEcho(gateway, { port: udpPort });
  system = await System.start(gateway, config);
  live = await LiveTraffic.start(friend, gateway, tcpPort, udpPort);
  tap = await EventTap.open(system);
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await lab?.close();
});

const nft = async (...words: readonly string[]): Promise<string> =>
  (await gateway.run(['nft', ...words])).stdout;
const listForeign = async (): Promise<string> =>
  (await nft('list', 'table', 'inet', 'foreign')) + (await nft('list', 'table', 'ip', 'foreign4'));

/** Addresses of live sessions, by the kernel's word. */
async function sessionsInKernel(): Promise<readonly string[]> {
  const lists = await Promise.all(
    ['v4_echo', 'v6_echo', 'v6p_echo'].map((set) => nft('list', 'set', 'inet', 'nftoggle', set)),
  );
  return lists
    .flatMap((text) => [...text.matchAll(/([0-9a-f.:]+) timeout /g)].map((match) => match[1] ?? ''))
    .sort();
}

function nextSource(): FreshSource {
  const source = fresh.shift();
  if (source === undefined) throw new Error('no fresh source is left: add more');
  return source;
}

const startStrangers = (): Promise<Strangers> =>
  Strangers.start(lab.host('scanner'), gateway, { tcpPort, udpPort, controlPort, perSecond: 1_000 });

interface Tampering {
  readonly what: string;
  readonly commands: readonly string[];
  readonly damage: 'table_removed' | 'table_altered';
  /** Takes the foreign tables along, so these cannot be compared. */
  readonly takesForeign?: true;
}

const ours = 'inet nftoggle';
const tamperings: readonly Tampering[] = [
  {
    what: 'flushes the whole ruleset',
    commands: ['flush ruleset'],
    damage: 'table_removed',
    takesForeign: true,
  },
  { what: 'deletes our table', commands: [`delete table ${ours}`], damage: 'table_removed' },
  { what: 'flushes our table', commands: [`flush table ${ours}`], damage: 'table_altered' },
  {
    what: 'flushes the chain of a service',
    commands: [`flush chain ${ours} gate_1_echo`],
    damage: 'table_altered',
  },
  { what: 'flushes the gate', commands: [`flush chain ${ours} gate`], damage: 'table_altered' },
  {
    what: 'deletes the base chain of the gate',
    commands: [`flush chain ${ours} gate`, `delete chain ${ours} gate`],
    damage: 'table_altered',
  },
  {
    what: 'accepts everything at the head of the gate',
    commands: [`insert rule ${ours} gate accept`],
    damage: 'table_altered',
  },
  {
    what: 'adds a rule at the tail of the gate',
    commands: [`add rule ${ours} gate counter`],
    damage: 'table_altered',
  },
  {
    what: 'adds a chain of its own to our table',
    commands: [`add chain ${ours} guest`],
    damage: 'table_altered',
  },
  {
    what: 'makes our table dormant',
    commands: [`add table ${ours} { flags dormant; }`],
    damage: 'table_altered',
  },
  {
    what: 'empties the chains that ask',
    commands: [`flush chain ${ours} ask`, `flush chain ${ours} ask_udp`],
    damage: 'table_altered',
  },
];

describe('when somebody', () => {
  it.each(tamperings)('$what: it is undone at once, and those who are in stay in', async (tampering) => {
    const before = {
      foreign: await listForeign(),
      sessions: await sessionsInKernel(),
      rules: await nft('-s', 'list', 'chain', ...ours.split(' '), 'gate'),
    };
    expect(before.sessions).toEqual(expect.arrayContaining(['203.0.113.7', '2001:db8:a::7']));
    const strangers = await startStrangers();
    await pause(200);
    expect(strangers.answered).toEqual([]);

    const tampered = Date.now();
    await gateway.loadRuleset(`${tampering.commands.join('\n')}\n`);
    const event = await tap.waitFor('ruleset_restored', ({ time }) => Date.parse(time) >= tampered);
    await pause(300);
    const { answered, attempts, controls, dropped } = await strangers.stop();

    const repaired = Date.parse(event.time);
    const late = answered.filter(({ started }) => started > repaired);
    console.log(
      openTime(
        tampering.what,
        repaired - tampered,
        answered.map(({ started }) => started),
      ),
    );
    expect(event.data.damage).toBe(tampering.damage);
    expect({ late, dropped }).toEqual({ late: [], dropped: 0 });
    expect(repaired - tampered).toBeLessThan(1_000);
    expect(attempts).toBeGreaterThan(200);
    expect(controls).toBeGreaterThan(0);
    expect(await nft('-s', 'list', 'chain', ...ours.split(' '), 'gate')).toBe(before.rules);
    expect(await sessionsInKernel()).toEqual(before.sessions);
    if (tampering.takesForeign === true) await gateway.loadRuleset(foreign);
    else expect(await listForeign()).toBe(before.foreign);
    await expectNewSourcesLetIn();
  });
});

async function expectNewSourcesLetIn(): Promise<void> {
  const { ipv4, ipv6 } = nextSource();
  const to = { port: tcpPort, payload: 'new', timeoutMs: 3_000 };
  const results = await Promise.all([
    connect(friend, { ...to, address: gateway.ipv4, source: ipv4 }),
    connect(friend, { ...to, address: gateway.ipv6, source: ipv6 }),
  ]);
  for (const result of results)
    expect(result).toMatchObject({ connected: true, received: expect.stringContaining('new') });
}

function openTime(what: string, repaired: number, answered: readonly number[]): string {
  const open = answered.length === 0 ? 0 : Math.max(...answered) - Math.min(...answered) + 1;
  return `somebody ${what}: repaired ${repaired} ms after the command began; ${answered.length} attempts of strangers answered, within ${open} ms`;
}

describe('while nobody can repair', () => {
  it('strangers are seen to get in, and are out again once the interceptor goes on', async () => {
    const pid = system.pidOf('interceptor');
    const strangers = await startStrangers();
    process.kill(pid, 'SIGSTOP');
    try {
      // The gate alone would not do: whatever is new still waits in the queue of a process that stands still.
      await gateway.loadRuleset(`flush table ${ours}\n`);
      await eventually(() => strangers.answered.some(({ address }) => address === gateway.ipv6));
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const since = Date.now();
    const event = await tap.waitFor('ruleset_restored', ({ time }) => Date.parse(time) >= since);
    await pause(300);
    const { answered } = await strangers.stop();
    expect(answered.length).toBeGreaterThan(10);
    expect(answered.filter(({ started }) => started > Date.parse(event.time))).toEqual([]);
  });
});

describe('while packets are held', () => {
  it('somebody removes a base chain of another table, the kernel drops them all, and clients still get in', async () => {
    const policy = system.pidOf('policy');
    const { ipv4, ipv6 } = nextSource();
    process.kill(policy, 'SIGSTOP');
    const to = { port: tcpPort, timeoutMs: 15_000, payload: 'patient' };
    const connecting = Promise.all([
      connect(friend, { ...to, address: gateway.ipv4, source: ipv4 }),
      connect(friend, { ...to, address: gateway.ipv6, source: ipv6 }),
    ]);
    try {
      await eventually(async () => (await waiting()) === 2);
      await nft('delete', 'table', 'ip', 'foreign4');
      expect(await waiting()).toBe(0);
    } finally {
      process.kill(policy, 'SIGCONT');
    }
    for (const result of await connecting) {
      expect(result).toMatchObject({ connected: true, received: expect.stringContaining('patient') });
      expect(result.synRetransmits).toBeGreaterThan(0);
    }
    await gateway.loadRuleset(foreign.slice(foreign.indexOf('table ip foreign4')));
    await recovered(system);
  });
});

/** Packets that the kernel holds for a verdict (net/netfilter/nfnetlink_queue.c, third column). */
async function waiting(): Promise<number> {
  const { stdout } = await gateway.run(['cat', '/proc/self/net/netfilter/nfnetlink_queue']);
  const lines = stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '');
  return lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0);
}

describe('after all that', () => {
  it('the connections that were there from the start have lost nothing', async () => {
    const streams = await live.stop();
    expect(streams).toHaveLength(4);
    expect(harmed(streams)).toEqual([]);
  });
});
