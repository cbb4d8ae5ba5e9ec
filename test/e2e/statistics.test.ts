// SPDX-License-Identifier: MIT
// What statistics say is what happened: a thousand sessions whose clients know what they moved, and what the database
// has of them, over the death of every daemon.
import { SessionRecord } from '@nftoggle/contracts';
import { createLab, type Host, type Lab, labObstacles } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addFreshSources, type FreshSource, freshNetworks } from './fresh-sources.ts';
import { type MeasuredUse, type Moved, startMeasuredServer, useAll } from './measured-use.ts';
import { Random } from './random.ts';
import { System } from './system.ts';

const services = { files: 7401, mail: 7402, music: 7403, photos: 7404, voice: 7405 } as const;
type ServiceName = keyof typeof services;
const names = Object.keys(services) as ServiceName[];
const random = new Random(20_261_124);

const config = `
version: 1
timezone: Europe/Berlin
metering: { tick: 2s }
kernel: { ipv6_prefix: 128 }
services:
${names
  .map((name) => {
    const protocol = name === 'voice' ? 'udp' : 'tcp';
    const allow = freshNetworks.map((network) => `"${network}"`).join(', ');
    return `  ${name}: { ports: [${services[name]}/${protocol}], idle_after: 10s, allow: [${allow}] }`;
  })
  .join('\n')}
`;

let lab: Lab;
let gateway: Host;
let friend: Host;
let sources: readonly FreshSource[];

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  lab = await createLab({ only: ['gateway', 'friend'] });
  [gateway, friend] = [lab.host('gateway'), lab.host('friend')];
  sources = await addFreshSources(friend, gateway, 100);
  await startMeasuredServer(gateway, Object.values(services));
});
afterAll(() => lab?.close());

/** One to three connections; datagrams fit into one packet. */
function usesOf(service: ServiceName, source: string, address: string): MeasuredUse[] {
  const isVoice = service === 'voice';
  return Array.from({ length: 1 + random.below(3) }, () => ({
    service,
    protocol: isVoice ? 'udp' : 'tcp',
    source,
    address,
    port: services[service],
    up: 10 + random.below(isVoice ? 1_000 : 20_000),
    down: random.below(isVoice ? 1_000 : 60_000),
  }));
}

function plan(of: readonly FreshSource[]): MeasuredUse[] {
  return of.flatMap(({ ipv4, ipv6 }) =>
    names.flatMap((name) => [...usesOf(name, ipv4, gateway.ipv4), ...usesOf(name, ipv6, gateway.ipv6)]),
  );
}

async function sessionsOf(system: System): Promise<SessionRecord[]> {
  const { stdout } = await system.run(['stats', 'export', 'sessions', '--format', 'json', '--since', '1h']);
  return SessionRecord.array().parse(JSON.parse(stdout));
}

/** All sessions, once the last of them has ended and is stored. */
async function endedSessions(system: System, count: number): Promise<SessionRecord[]> {
  let sessions: SessionRecord[] = [];
  await eventually(
    async () => {
      sessions = await sessionsOf(system);
      return sessions.length >= count && sessions.every(({ ended }) => ended !== null);
    },
    { withinMs: 60_000 },
  );
  return sessions;
}

/** Headers of a packet: from IPv4 and UDP to IPv6 and TCP with all its options. */
const [leastHeaders, mostHeaders] = [28, 100];

function expectTruth(session: SessionRecord, moved: readonly (MeasuredUse & Moved)[]): void {
  const { use } = session;
  expect(use, JSON.stringify(session)).not.toBeNull();
  expect(use?.connections).toBe(moved.length);
  const sent = moved.reduce((sum, each) => sum + each.sent, 0);
  const received = moved.reduce((sum, each) => sum + each.received, 0);
  for (const [payload, traffic] of [
    [sent, use?.from_source],
    [received, use?.to_source],
  ] as const) {
    const { packets = 0, bytes = 0 } = traffic ?? {};
    expect(packets, JSON.stringify(session)).toBeGreaterThan(0);
    expect(bytes - payload, JSON.stringify(session)).toBeGreaterThanOrEqual(packets * leastHeaders);
    expect(bytes - payload, JSON.stringify(session)).toBeLessThanOrEqual(packets * mostHeaders);
  }
}

/** Exactly one session for each source and service, and in each what its client counted. */
function expectAllTruth(sessions: readonly SessionRecord[], moved: readonly (MeasuredUse & Moved)[]): void {
  const bySession = Map.groupBy(moved, ({ service, source }) => `${service} ${source}`);
  expect(sessions).toHaveLength(bySession.size);
  for (const session of sessions) {
    expectTruth(session, bySession.get(`${session.service} ${session.address}`) ?? []);
    expect(session.reason).toBe('idle');
  }
}

describe('statistics', () => {
  it('have a thousand sessions to the byte', async () => {
    await using system = await System.start(gateway, config);
    const moved = await useAll(friend, plan(sources));
    expect(moved.filter(({ problem }) => problem !== null)).toEqual([]);
    const sessions = await endedSessions(system, 1_000);
    expectAllTruth(sessions, moved);
    expect(sessions).toHaveLength(1_000);
    await system.remove();
  }, 180_000);

  it('have them all, and each once, when daemons and the bus are killed in the middle', async () => {
    await using system = await System.start(gateway, config);
    const using = useAll(friend, plan(sources.slice(0, 20)), 2);
    for (const name of ['stats', 'interceptor', 'nats-server', 'stats', 'policy', 'interceptor'] as const) {
      const before = system.pidOf(name);
      system.kill(name);
      await eventually(() => system.pidOf(name) !== before, { withinMs: 20_000 });
    }
    const moved = await using;
    expect(moved.filter(({ problem }) => problem !== null)).toEqual([]);
    expectAllTruth(await endedSessions(system, 200), moved);
    await system.remove();
  }, 240_000);
});
