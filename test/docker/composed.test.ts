// SPDX-License-Identifier: MIT
// The composed system as its owner treats it: started on a box that has nothing, killed, stopped, scaled, replaced, taken
// down and put up again. Strangers try all the time and never get a packet; connections that were let in never notice.
import { existsSync } from 'node:fs';
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
import { addFreshSources, type FreshSource, freshNetworks } from '../e2e/fresh-sources.ts';
import { harmed, LiveTraffic } from '../e2e/live-traffic.ts';
import type { DaemonName } from '../e2e/running-system.ts';
import { expectLetIn, expectShutOut } from '../e2e/scene.ts';
import { Strangers } from '../e2e/strangers.ts';
import { statusNow } from '../e2e/system-health.ts';
import { ComposedSystem } from './composed-system.ts';

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
/** Compose calls the bus by another name than its program. */
const services = ['interceptor', 'policy', 'wol', 'hooks', 'stats', 'api', 'nats'] as const;
const programOf = (service: (typeof services)[number]): DaemonName =>
  service === 'nats' ? 'nats-server' : service;

let lab: Lab;
let gateway: Host;
let friend: Host;
let system: ComposedSystem;
let fresh: FreshSource[];
let live: LiveTraffic;
let strangers: Strangers;

beforeAll(async () => {
  lab = await createLab({ only: ['gateway', 'scanner', 'friend', 'laptop'] });
  [gateway, friend] = [lab.host('gateway'), lab.host('friend')];
  fresh = await addFreshSources(friend, gateway, 80);
  await startTcpEcho(gateway, { port: [tcpPort, controlPort] });
  await startUdpEcho(gateway, { port: udpPort });
  system = await ComposedSystem.prepare(gateway);
}, 1_800_000);

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await lab?.close();
}, 120_000);

/** From a source that was never there before, over both families. */
async function connectFresh(): Promise<readonly ConnectResult[]> {
  const source = fresh.shift();
  if (source === undefined) throw new Error('no fresh source is left: add more');
  const options = { port: tcpPort, payload: 'new', timeoutMs: 3_000 };
  return Promise.all([
    connect(friend, { ...options, address: gateway.ipv4, source: source.ipv4 }),
    connect(friend, { ...options, address: gateway.ipv6, source: source.ipv6 }),
  ]);
}

const letIn = { connected: true, received: expect.stringContaining('new') };

async function expectFreshLetIn(): Promise<void> {
  expect(await connectFresh()).toEqual([expect.objectContaining(letIn), expect.objectContaining(letIn)]);
}

function expectSilence(): void {
  expect(strangers.packetsBack).toEqual([]);
  expect(strangers.answered).toEqual([]);
}

/** All daemons answer, and none of these old processes is there any more. */
async function wellWithout(gone: readonly number[]): Promise<void> {
  await eventually(
    async () => {
      const pids = services.flatMap((service) => system.pidsOf(programOf(service)));
      const { healthy } = await statusNow(system);
      if (!healthy || pids.some((pid) => gone.includes(pid))) throw new Error('not well yet');
      return true;
    },
    { withinMs: 60_000 },
  );
}

interface Kept {
  readonly grants: readonly { readonly id: string }[];
  readonly sessions: number;
}

async function whatIsKept(): Promise<Kept> {
  const { stdout } = await system.run(['grants', '-o', 'json']);
  return { grants: JSON.parse(stdout), sessions: await sessionsCounted() };
}

/** When statistics have all that happened until now. */
async function sessionsCounted(): Promise<number> {
  await eventually(async () => (await statusNow(system)).stats?.waiting === 0, { withinMs: 30_000 });
  const { stdout } = await system.run(['stats', '-o', 'json']);
  return JSON.parse(stdout).sums.sessions;
}

async function openSessions(): Promise<readonly string[]> {
  const { interceptor } = await statusNow(system);
  return (interceptor?.sessions ?? []).map(({ session, covers }) => `${session} ${covers}`).toSorted();
}

describe('docker compose up -d', () => {
  it('on a box that has nothing writes a safe configuration and guards by it', async () => {
    expect(existsSync(system.configFile)).toBe(false);
    await expectLetIn(friend, gateway, tcpPort);
    await system.up();
    await expectShutOut(friend, gateway, tcpPort);
    await expectLetIn(lab.host('laptop'), gateway, tcpPort);
    await expectLetIn(friend, gateway, controlPort);
  });

  it('gives every container what its file says, and has none that is not well', async () => {
    const containers = await system.containers();
    expect(containers.map(({ service }) => service).toSorted()).toEqual([...services, 'init'].toSorted());
    const wrong = containers.filter(({ service, state, exitCode }) =>
      service === 'init' ? exitCode !== 0 : state !== 'running',
    );
    expect(wrong).toEqual([]);
  });

  it('has a guard that the machine itself can read, whichever nft it has', async () => {
    // Older ones crash on what newer ones write beside a set.
    const { stdout } = await gateway.run(['nft', 'list', 'ruleset']);
    expect(stdout).toContain('table inet nftoggle {');
  });

  it('takes a new configuration when it is saved', async () => {
    await system.reconfigure(config);
    await expectLetIn(friend, gateway, tcpPort);
    live = await LiveTraffic.start(friend, gateway, tcpPort, udpPort);
    strangers = await Strangers.start(lab.host('scanner'), gateway, {
      tcpPort,
      udpPort,
      controlPort,
      perSecond: 100,
    });
    await expectFreshLetIn();
  });
});

describe('kill -9 of the process in the container of', () => {
  it.each(services)('%s: it is started again, and a new source gets in', async (service) => {
    const gone = system.pidsOf(programOf(service));
    expect(gone).toHaveLength(1);
    for (const pid of gone) process.kill(pid, 'SIGKILL');
    await wellWithout(gone);
    await expectFreshLetIn();
    expectSilence();
  });

  it('all of them at once', async () => {
    const gone = services.flatMap((service) => system.pidsOf(programOf(service)));
    for (const pid of gone) process.kill(pid, 'SIGKILL');
    await wellWithout(gone);
    await expectFreshLetIn();
    expectSilence();
  });
});

describe('docker compose stop', () => {
  it.each(services)('%s: silence for strangers, and all is well after the start', async (service) => {
    await system.compose(['stop', service]);
    expect(system.pidsOf(programOf(service))).toEqual([]);
    // Who has no session may be refused now, and hears nothing then.
    for (const { connected, errno } of await connectFresh()) if (!connected) expect(errno).toBe('ETIMEDOUT');
    await system.compose(['start', service]);
    await wellWithout([]);
    await expectFreshLetIn();
    expectSilence();
  });
});

describe('docker compose up -d --scale policy=3 --scale hooks=2', () => {
  it('shares the work, and no decision and no event is lost while each daemon is replaced', async () => {
    await system.up(['--scale', 'policy=3', '--scale', 'hooks=2']);
    expect([system.pidsOf('policy').length, system.pidsOf('hooks').length]).toEqual([3, 2]);
    const before = await sessionsCounted();
    const replaced = ['policy', 'hooks', 'stats', 'wol', 'api'] as const;
    let connected = 0;
    for (const service of replaced) {
      const ids = (await system.containers())
        .filter((container) => container.service === service)
        .map(({ name }) => name);
      // One replica after the other, as one does who replaces them.
      for (const name of ids) {
        const restarting = system.engine.docker(['restart', name]);
        await expectFreshLetIn();
        connected += 2;
        await restarting;
        await wellWithout([]);
      }
    }
    await eventually(async () => (await sessionsCounted()) === before + connected, { withinMs: 30_000 });
    expectSilence();
    await system.up();
    expect(system.pidsOf('policy')).toHaveLength(1);
  });
});

describe('docker compose down, then up', () => {
  it('keeps strangers out all the time, and what was granted, counted and connected', async () => {
    await system.run(['open', 'echo', '--from', '198.51.100.9', '--for', '2h']);
    const before = await whatIsKept();
    expect(before.grants).toHaveLength(1);
    const open = await openSessions();
    expect(open.length).toBeGreaterThan(4);
    await system.down();
    expect(await system.containers()).toEqual([]);
    await expectShutOut(lab.host('scanner'), gateway, tcpPort);
    await system.up();
    const after = await whatIsKept();
    expect(after.grants).toEqual(before.grants);
    expect(after.sessions).toBe(before.sessions);
    expect(await openSessions()).toEqual(open);
    await expectFreshLetIn();
    expectSilence();
  });

  it('with new images does the same', async () => {
    const before = await whatIsKept();
    await system.up(['--force-recreate']);
    expect(await whatIsKept()).toEqual(before);
    await expectFreshLetIn();
    expectSilence();
  });
});

it('in all of that no packet came back to a stranger, and no connection was harmed', async () => {
  const { attempts, answered, controls, packetsBack, dropped } = await strangers.stop();
  expect(attempts).toBeGreaterThan(1_000);
  expect(controls).toBeGreaterThan(100);
  expect({ answered, packetsBack, dropped }).toEqual({ answered: [], packetsBack: [], dropped: 0 });
  const streams = await live.stop();
  expect(streams).toHaveLength(4);
  expect(harmed(streams)).toEqual([]);
});
