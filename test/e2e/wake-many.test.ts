// SPDX-License-Identifier: MIT
// Many clients and many machines at once, some of which never wake; and how much room there is to wait in.
import {
  connect,
  createLab,
  type Host,
  type Lab,
  labObstacles,
  lanHost,
  putToSleep,
  startTcpEcho,
  switchOff,
} from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EventTap } from './event-tap.ts';
import { addFreshSources, type FreshSource, freshNetworks } from './fresh-sources.ts';
import { System } from './system.ts';
import { statusNow } from './system-health.ts';
import { captureRefusals, expectSilence, listed, ms, sleeper, wakesOf } from './wake-scene.ts';

const [count, neverWake, clientsOfEach] = [10, 2, 5] as const;
const numbers = Array.from({ length: count }, (_, n) => n);
const nameOf = (n: number): string => `nas-${n}`;
const [port, otherPort] = [7_000, 22] as const;
/** Of those that never wake, and how much later a refusal may come, in milliseconds. */
const [deadline, tolerance] = [12_000, 2_000] as const;

let lab: Lab;
let gateway: Host;
let friend: Host;
let fresh: FreshSource[];

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  const extra = Object.fromEntries(numbers.map((n) => [nameOf(n), lanHost(110 + n)]));
  lab = await createLab({ only: ['gateway', 'friend'], extra });
  [gateway, friend] = [lab.host('gateway'), lab.host('friend')];
  fresh = await addFreshSources(friend, gateway, 60);
  await startTcpEcho(gateway, { port: otherPort });
  for (const n of numbers) await startTcpEcho(lab.host(nameOf(n)), { port });
});
afterAll(() => lab?.close());

function config(more = ''): string {
  const devices = numbers.map((n) =>
    sleeper(nameOf(n), lab.host(nameOf(n)), `{ timeout: ${deadline / 1_000}s }`),
  );
  const services = numbers.map(
    (n) => `  game-${n}: { ports: [${port}/tcp], to: ${nameOf(n)}, allow: [${listed(freshNetworks)}] }\n`,
  );
  return `version: 1
${more}devices:
${devices.join('')}services:
  other: { ports: [${otherPort}/tcp], allow: [${listed(freshNetworks)}] }
${services.join('')}`;
}

function takeFresh(): FreshSource {
  const source = fresh.shift();
  if (source === undefined) throw new Error('no fresh source is left: add more');
  return source;
}

/** Each client is a source of its own; every second one comes by IPv6. */
async function visit(n: number, client: number, source: FreshSource) {
  const family = client % 2 === 0 ? 'ipv4' : 'ipv6';
  const address = lab.host(nameOf(n))[family];
  const timeoutMs = n < neverWake ? deadline + 6_000 : 30_000;
  const result = await connect(friend, {
    address,
    port,
    source: source[family],
    payload: 'hello',
    timeoutMs,
  });
  return { n, result };
}

/** To a service that needs nobody awake, from sources never seen before. */
async function connectElsewhere(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const source = takeFresh();
    const [address, from] = time % 2 === 0 ? [gateway.ipv4, source.ipv4] : [gateway.ipv6, source.ipv6];
    const result = await connect(friend, { address, port: otherPort, source: from, timeoutMs: 3_000 });
    expect(result).toMatchObject({ connected: true, synRetransmits: 0 });
  }
}

it('50 clients of ten machines: each machine is woken once, eight are reached, two refused in silence in time', async () => {
  await using system = await System.start(gateway, config());
  await using tap = await EventTap.open(system);
  const refusals = await captureRefusals(friend);
  const clients = Array.from({ length: clientsOfEach }, takeFresh);
  for (const n of numbers) {
    if (n < neverWake) await switchOff(lab.host(nameOf(n)));
    else await putToSleep(lab.host(nameOf(n)), { bootMs: 3_000 + 400 * n, speaksUp: n % 2 === 0 });
  }
  const visits = Promise.all(
    numbers.flatMap((n) => clients.map((source, client) => visit(n, client, source))),
  );
  await eventually(async () => (await statusNow(system)).interceptor?.waking === count * clientsOfEach, {
    withinMs: 10_000,
  });
  await connectElsewhere(10);

  const started = numbers.map((n) => tap.waitFor('wake_started', ({ data }) => data.device === nameOf(n)));
  const begun = (await Promise.all(started)).map(({ time }) => Date.parse(time));
  for (const n of numbers.slice(0, neverWake)) {
    const failed = await tap.waitFor('wake_failed', ({ data }) => data.device === nameOf(n), 20_000);
    expect(Math.abs(Date.parse(failed.time) - (begun[n] ?? 0) - deadline)).toBeLessThan(tolerance);
    await tap.waitFor('access_denied', ({ data }) => data.service === `game-${n}`, 5_000);
    const denials = tap.heard('access_denied').filter(({ data }) => data.service === `game-${n}`);
    expect(new Set(denials.map(({ data }) => data.reason))).toEqual(new Set(['wake_failed']));
    for (const { data } of denials)
      expect(Math.abs(Date.parse(data.first) - (begun[n] ?? 0) - deadline)).toBeLessThan(tolerance);
  }
  const reached = await visits;
  const slowest = Math.max(...reached.flatMap(({ result }) => (result.connected ? [result.ms] : [])));
  console.log(`${reached.length} clients; the last that was let in waited ${ms(slowest)}`);
  for (const { n, result } of reached) {
    if (n < neverWake) expect(result, nameOf(n)).toMatchObject({ connected: false, errno: 'ETIMEDOUT' });
    else expect(result, nameOf(n)).toMatchObject({ connected: true, received: 'hello\nhello' });
  }
  for (const n of numbers) {
    const end = n < neverWake ? 'wake_failed' : 'wake_ready';
    expect(wakesOf(tap, nameOf(n))).toEqual(['wake_started', end]);
  }
  await expectSilence(refusals);
  await eventually(async () => (await statusNow(system)).interceptor?.held === 0);
}, 120_000);

it('no more packets wait than the configuration allows, status says so, and the others get in by trying again', async () => {
  await using system = await System.start(gateway, config('limits: { waking: 4 }\n'));
  await using tap = await EventTap.open(system);
  const n = count - 1;
  const host = lab.host(nameOf(n));
  await putToSleep(host, { bootMs: 4_000 });
  const clients = Array.from({ length: 12 }, takeFresh);
  const visits = Promise.all(clients.map((source, client) => visit(n, client, source)));
  await eventually(async () => {
    const { interceptor } = await statusNow(system);
    expect(interceptor).toMatchObject({ wakingLimit: 4 });
    return interceptor?.waking !== undefined && interceptor.waking >= 1;
  });
  const most = { waking: 0 };
  const watching = watchWaking(system, most);
  await tap.waitFor('access_denied', ({ data }) => data.reason === 'waking_overload');
  expect((await system.run(['status'])).stdout).toMatch(/waking|wait/);
  for (const { result } of await visits) expect(result).toMatchObject({ connected: true });
  expect(await watching.stop()).toBeGreaterThan(0);
  expect(most.waking).toBeLessThanOrEqual(4);
  expect(wakesOf(tap, nameOf(n))).toEqual(['wake_started', 'wake_ready']);
}, 60_000);

/** Looks at how many wait, all the time. */
function watchWaking(system: System, most: { waking: number }) {
  let goesOn = true;
  const looking = (async () => {
    let looks = 0;
    for (; goesOn; looks += 1) {
      const { interceptor } = await statusNow(system);
      most.waking = Math.max(most.waking, interceptor?.waking ?? 0);
    }
    return looks;
  })();
  return {
    stop: () => {
      goesOn = false;
      return looking;
    },
  };
}
