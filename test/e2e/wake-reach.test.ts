// SPDX-License-Identifier: MIT
// A friend connects to a machine that sleeps, and it simply works: one connect(), however long the machine takes to
// start, from the Internet and from the local network, to its own address and to that of the box.
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type ConnectResult,
  captureMagicPackets,
  connect,
  createLab,
  type Host,
  type Lab,
  labObstacles,
  lanHost,
  putToSleep,
  startTcpRecorder,
  startUdpEcho,
  type TcpRecorder,
  udpExchange,
} from '@nftoggle/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventTap } from './event-tap.ts';
import { families, friend4, friend6 } from './scene.ts';
import { System } from './system.ts';
import { captureRefusals, expectSilence, listed, ms, sleeper, wakesOf } from './wake-scene.ts';

/** Seconds. */
const boots = [2, 8, 25] as const;
type Boot = (typeof boots)[number];
const ports = { straight: 7_000, masqueraded: 7_100, udp: 7_200 } as const;
/** What a machine, a test and a scheduler may take besides the boot, in milliseconds. */
const allowance = 5_000;

/** A machine that was ready is believed to be so for a moment: none falls asleep faster than that, in milliseconds. */
const fallsAsleepIn = 2_000;

let lab: Lab;
let gateway: Host;
let friend: Host;
let laptop: Host;
let admin: Host;
let system: System;
let tap: EventTap;

const nameOf = (boot: Boot): string => `nas-${boot}`;
const machine = (boot: Boot): Host => lab.host(nameOf(boot));

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  const extra = Object.fromEntries(boots.map((boot) => [nameOf(boot), lanHost(100 + boot)]));
  lab = await createLab({ only: ['gateway', 'friend', 'laptop', 'admin'], extra });
  [gateway, friend, laptop, admin] = (['gateway', 'friend', 'laptop', 'admin'] as const).map((name) =>
    lab.host(name),
  ) as [Host, Host, Host, Host];
  system = await System.start(gateway, config());
  tap = await EventTap.open(system);
});

afterAll(async () => {
  await tap?.close();
  await system?.[Symbol.asyncDispose]();
  await lab?.close();
});

function config(): string {
  const outside = listed([friend4, friend6, admin.ipv4, admin.ipv6]);
  const inside = listed([laptop.ipv4, laptop.ipv6]);
  const services = boots.map((boot) => {
    const to = `to: ${nameOf(boot)}`;
    return `
  straight-${boot}: { ports: [${ports.straight + boot}/tcp], ${to}, forward: true, allow: [${outside}] }
  masqueraded-${boot}: { ports: [${ports.masqueraded + boot}/tcp], ${to}, forward: { masquerade: true }, allow: [${inside}] }
  udp-${boot}: { ports: [${ports.udp + boot}/udp], ${to}, forward: true, allow: [${outside}] }`;
  });
  const devices = boots.map((boot) => sleeper(nameOf(boot), machine(boot), '{ timeout: 60s }'));
  return `version: 1\ndevices:\n${devices.join('')}services:${services.join('')}\n`;
}

type Family = (typeof families)[number];

/** A way to the machine; `seen`: the address that the machine sees the client come from. */
interface Way {
  readonly name: string;
  readonly from: Host;
  readonly to: string;
  readonly port: number;
  readonly seen: string;
}

/** Machines on one segment do not pass the box: there its own address is the only way, and it has to masquerade. */
function waysTo(boot: Boot, family: Family): readonly Way[] {
  const [own, lan] = [machine(boot)[family], gateway.on('lan')[family]];
  const [straight, masqueraded] = [ports.straight + boot, ports.masqueraded + boot];
  return [
    { name: 'from the Internet', from: friend, to: own, port: straight, seen: friend[family] },
    { name: 'by the box', from: friend, to: gateway[family], port: straight, seen: friend[family] },
    { name: 'from another segment', from: admin, to: own, port: straight, seen: admin[family] },
    { name: 'by the box, from its LAN', from: laptop, to: lan, port: masqueraded, seen: lan },
  ];
}

interface Visit extends Way {
  readonly payload: string;
  readonly result: ConnectResult;
}

/** One connect(), and some packets of payload there and back. */
async function visit(way: Way): Promise<Visit> {
  const payload = randomBytes(4_000).toString('hex');
  const { to: address, port, from } = way;
  const result = await connect(from, { address, port, payload, timeoutMs: 60_000, readMs: 5_000 });
  return { ...way, payload, result };
}

function expectReached({ name, result, payload }: Visit, boot: Boot): void {
  expect(result, name).toMatchObject({ connected: true, errno: null });
  expect(result.received === payload, `${name}: the payload came back as it went`).toBe(true);
  expect(result.ms, `${name}: nobody answered before the machine was up`).toBeGreaterThan(boot * 1_000 - 500);
  expect(result.ms).toBeLessThan(boot * 1_000 + allowance);
}

/** Those who said something; to see whether it is ready the machine is visited without a word. */
function saidTo(recorder: TcpRecorder): readonly string[] {
  return recorder.received
    .filter(({ text }) => text !== '')
    .map(({ text, from }) => `${from.address} ${text}`)
    .toSorted();
}

describe('a machine that sleeps', () => {
  it.concurrent.each(boots)(
    'and takes %i s to start is reached at the first connect(), every way at once, and is woken once',
    async (boot) => {
      const host = machine(boot);
      const recorder = await startTcpRecorder(host, {
        port: [ports.straight + boot, ports.masqueraded + boot],
      });
      const magic = await captureMagicPackets(gateway, 'lan', host);
      const asleep = await putToSleep(host, { bootMs: boot * 1_000, speaksUp: boot === 8 });
      const ways = families.flatMap((family) => waysTo(boot, family));
      const visits = await Promise.all(ways.map(visit));
      const up = asleep.upAt ?? Number.NaN;
      const ready = await tap.waitFor('wake_ready', ({ data }) => data.device === nameOf(boot));
      console.log(
        `${boot} s: ready ${ms(Date.parse(ready.time) - up)} after it was up; ${visits
          .map(({ name, result }) => `${name} ${ms(result.ms)} (${result.synRetransmits} SYN again)`)
          .join(', ')}`,
      );
      for (const each of visits) expectReached(each, boot);
      expect(await recorder.waitForReceived(visits.length, 10_000)).toBe(true);
      expect(saidTo(recorder), 'each payload once, from whom it came').toEqual(
        visits.map(({ seen, payload }) => `${seen} ${payload}`).toSorted(),
      );
      expect(wakesOf(tap, nameOf(boot))).toEqual(['wake_started', 'wake_ready']);
      expect(asleep.wokenBy, 'woken by what passed its wire').toBe(gateway.on('lan').mac);
      const { count, dropped } = await magic.stop();
      expect(count, 'each magic packet was on the wire').toBeGreaterThanOrEqual(ready.data.packets);
      expect(ready.data.packets).toBeGreaterThan(0);
      expect(dropped).toBe(0);
    },
  );

  it('refuses nobody while it is waited for, and is not woken again when it is up', async () => {
    const refusals = await Promise.all([friend, admin, laptop].map(captureRefusals));
    const host = machine(2);
    const magic = await captureMagicPackets(gateway, 'lan');
    for (const family of families) {
      for (const way of waysTo(2, family)) {
        const { result } = await visit(way);
        expect(result, way.name).toMatchObject({ connected: true, synRetransmits: 0 });
      }
    }
    await expectSilence(magic);
    await putToSleep(host, { bootMs: 2_000 });
    const again = await Promise.all(families.flatMap((family) => waysTo(2, family)).map(visit));
    for (const each of again) expectReached(each, 2);
    for (const capture of refusals) await expectSilence(capture);
  });

  it('gets the first datagrams, too, each of them once and in their order', async () => {
    const host = machine(2);
    const server = await startUdpEcho(host, { port: ports.udp + 2 });
    for (const family of families) {
      for (const address of [host[family], gateway[family]]) {
        await pause(fallsAsleepIn);
        await putToSleep(host, { bootMs: 2_000 });
        const before = server.datagrams.length;
        const plan = { address, port: ports.udp + 2, count: 5, gapMs: 100, timeoutMs: 20_000 };
        const { received, errno } = await udpExchange(friend, plan);
        expect(received, address).toEqual([0, 1, 2, 3, 4]);
        expect(errno).toBeNull();
        expect(
          server.datagrams.slice(before).flatMap(({ text }) => (/^\d/.test(text) ? [text] : [])),
        ).toEqual(['0', '1', '2', '3', '4']);
      }
    }
  });
});
