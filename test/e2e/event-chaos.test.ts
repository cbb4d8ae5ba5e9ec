// SPDX-License-Identifier: MIT
// Nothing that happened is lost, and nothing is counted twice: a thousand events a second for a minute, on their way to
// three webhooks, a program and the statistics, while receivers misbehave and hooks, stats and the bus are killed.
//
// Statistics take every event, and so does every hook: one of each track at a time, whatever its filters say to it
// then. That costs nats-server up to some milliseconds for each event and hook, so hooks are behind when the minute is
// over, and it takes some minutes until nothing waits any more. What the filters let pass is less, since a delivery
// that fails holds up its track for a second and more.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type CloudEvent, StatsSummary, type StatsSums } from '@nftoggle/contracts';
import { type Child, createLab, type Host, type Lab, labObstacles } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventOf,
  type PlannedEvent,
  type PlannedType,
  planEvents,
  plannedServices,
} from './planned-events.ts';
import { Random } from './random.ts';
import { type DaemonName, System } from './system.ts';
import { statusNow } from './system-health.ts';
import { isSigned, type Posted, WebhookReceiver } from './webhook-receiver.ts';

const count = 60_000;
/** Of every thousand events, in milliseconds. */
const interval = 1_000;
/** Until nothing waits any more, on a machine that has much else to do, in milliseconds. */
const drained = 1_200_000;
const kills = 20;
const random = new Random(20_261_130);
const secret = `whsec_${Buffer.from('a secret of this test').toString('base64')}`;

/** What each webhook is for. */
const webhooks: Readonly<
  Record<string, { readonly on: readonly PlannedType[]; readonly services: readonly string[] }>
> = {
  everything: { on: ['session_started', 'session_ended', 'access_denied'], services: ['service-0'] },
  sessions: { on: ['session_started', 'session_ended'], services: ['service-1'] },
  denials: { on: ['access_denied'], services: ['service-2'] },
};
/** The program is for sessions of one service and a few sources. */
const diary = { service: 'service-3', sources: '198.18.0.0/28', last: 15 };
const mortals: readonly DaemonName[] = ['hooks', 'stats', 'nats-server'];

let directory: string;
let mark: string;
let lab: Lab;
let gateway: Host;
let receiver: WebhookReceiver;
let system: System;
let plan: readonly PlannedEvent[];
let published: { readonly stored: number };
let killed: readonly DaemonName[];

beforeAll(async () => {
  expect(labObstacles(), 'what this test needs on this machine').toEqual([]);
  directory = mkdtempSync(join(tmpdir(), 'nftoggle-chaos-'));
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, 'out'));
  chmodSync(join(directory, 'out'), 0o777);
  mark = join(directory, 'out', 'harmed');
  writeFileSync(join(directory, 'secret'), secret);
  writeFileSync(join(directory, 'diary.sh'), program, { mode: 0o755 });
  lab = await createLab({ only: ['gateway'] });
  gateway = lab.host('gateway');
  receiver = await WebhookReceiver.start(gateway, 20_261_131);
  for (const name of Object.keys(webhooks)) await receiver.tell(name, 'moody');
  system = await System.start(gateway, config());
  await stormThrough();
}, drained + 300_000);
afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await lab?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Fails at its first try of one event in eight. */
const program = `#!/bin/sh
case "$NFTOGGLE_ID" in
*[07]) [ -e "$1/failed-$NFTOGGLE_ID" ] || { : > "$1/failed-$NFTOGGLE_ID"; exit 1; } ;;
esac
printf '%s\\n' "$NFTOGGLE_ID" >> "$1/told"
`;

const config = (): string => `
version: 1
node: box
timezone: UTC
services:
${plannedServices.map((name, index) => `  ${name}: { ports: [${7_400 + index}/tcp] }`).join('\n')}
hooks:
${Object.entries(webhooks)
  .map(
    ([name, { on, services }], index) => `  ${name}:
    on: [${on.join(', ')}]
    services: [${services.join(', ')}]
    webhook: http://${index === 0 ? '[::1]' : '127.0.0.1'}:${receiver.port}/${name}
    allow_local: ["::1", 127.0.0.1]
    secret_file: ${directory}/secret
    timeout: 1s`,
  )
  .join('\n')}
  diary:
    on: [session_started, session_ended]
    services: [${diary.service}]
    sources: [${diary.sources}]
    run: [${directory}/diary.sh, ${directory}/out]
`;

/** Publishes, kills, and waits until nothing waits any more. */
async function stormThrough(): Promise<void> {
  const port = readFileSync(join(system.directory, 'nats.port'), 'utf8').trim();
  const seed = join(system.directory, 'secrets', 'interceptor.seed');
  const argv = [
    `${import.meta.dirname}/programs/event-publisher.ts`,
    ...[port, seed, String(count), String(interval), mark],
  ];
  const publisher = gateway.start([process.execPath, ...argv]);
  const [, start] = await publisher.waitFor(/^begin at (\d+)$/, 20_000);
  plan = planEvents({ count, interval, start: Number(start), mark });
  killed = await killThemAll(publisher);
  const [summary] = await publisher.waitFor(/^\{"stored.*/, 60_000);
  published = JSON.parse(summary) as typeof published;
  await eventually(nothingWaits, { withinMs: drained });
}

/** Each at a moment that the number of published events says, but not before the last one is back. */
async function killThemAll(publisher: Child): Promise<readonly DaemonName[]> {
  const victims = shuffled(
    Array.from({ length: kills }, (_, index) => mortals[index % mortals.length] ?? 'hooks'),
  );
  const moments = victims.map(() => random.below(count - 1_000)).toSorted((a, b) => a - b);
  for (const [index, victim] of victims.entries()) {
    const moment = moments[index] ?? 0;
    await eventually(() => publishedBy(publisher) >= moment, { withinMs: 120_000 });
    const before = await eventually(() => pidOf(victim) || fail(`${victim} is not there`), {
      withinMs: 20_000,
    });
    process.kill(before, 'SIGKILL');
    await eventually(() => ![false, before].includes(pidOf(victim)), { withinMs: 20_000 });
  }
  return victims;
}

function shuffled<T>(list: readonly T[]): readonly T[] {
  return list
    .map((each) => [random.below(1_000_000), each] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, each]) => each);
}

/** False while there is none. */
function pidOf(name: DaemonName): number | false {
  const pid = existsSync(join(system.directory, 'run', `${name}.pid`)) ? system.pidOf(name) : 0;
  return pid > 1 ? pid : false;
}

function fail(problem: string): never {
  throw new Error(problem);
}

function publishedBy({ output }: Child): number {
  const line = output.findLast(({ text }) => text.startsWith('published '));
  return Number(line?.text.split(' ')[1] ?? 0);
}

/** Every event is stored, and is with every hook or among its dead letters. */
async function nothingWaits(): Promise<boolean> {
  // To ask costs the server a look at each track.
  await delay(1_000);
  const { hooks, stats } = await statusNow(system);
  if (hooks?.hooks.length !== 4 || stats === null) return false;
  return [...hooks.hooks, stats].every(({ waiting }) => waiting === 0);
}

const isWanted =
  (name: string) =>
  ({ type, service }: PlannedEvent): boolean =>
    webhooks[name]?.on.includes(type) === true && webhooks[name].services.includes(service);

function isForDiary({ type, service, data: { source } }: PlannedEvent): boolean {
  const last = /^198\.18\.0\.(\d+)$/.exec(source.address)?.[1];
  return (
    type !== 'access_denied' && service === diary.service && last !== undefined && Number(last) <= diary.last
  );
}

/** The first of each. */
function firsts(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)];
}

/** By what they are about, in the order in which they are given. */
function affairsOf(ids: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const affairs = new Map(plan.map(({ id, about }) => [id, about]));
  return Map.groupBy(ids, (id) => affairs.get(id) ?? 'unknown');
}

/** Each of them, and in the order of what it is about. */
function expectAllInOrder(ids: readonly string[], wanted: readonly PlannedEvent[]): void {
  const heard = firsts(ids);
  expect(new Set(heard)).toEqual(new Set(wanted.map(({ id }) => id)));
  expect(affairsOf(heard)).toEqual(affairsOf(wanted.map(({ id }) => id)));
}

const eventIn = ({ body }: Posted): CloudEvent => JSON.parse(body) as CloudEvent;

describe('a thousand events a second for a minute, over the death of hooks, stats and the bus', () => {
  it('were all taken', () => {
    expect(published.stored).toBe(count);
    for (const victim of mortals) {
      expect(killed.filter((each) => each === victim).length).toBeGreaterThan(kills / mortals.length - 1);
    }
  });

  it.each(Object.keys(webhooks))('reached the webhook %s, in the order of each session', (name) => {
    const wanted = plan.filter(isWanted(name));
    const posted = receiver.of(name);
    const accepted = posted.filter((each) => each.accepted);
    expectAllInOrder(
      accepted.map((each) => eventIn(each).id),
      wanted,
    );
    expectAllInOrder(
      posted.map((each) => eventIn(each).id),
      wanted,
    );
  });

  it.each(Object.keys(webhooks))('reached the webhook %s unaltered, signed each time', (name) => {
    const planned = new Map(plan.filter(isWanted(name)).map((event) => [event.id, eventOf(event)]));
    const posted = receiver.of(name);
    expect(posted.filter((each) => !isSigned(each, secret))).toEqual([]);
    expect(posted.filter((each) => each.headers['webhook-id'] !== eventIn(each).id)).toEqual([]);
    const altered = posted.filter((each) => !isDeepStrictEqual(eventIn(each), planned.get(eventIn(each).id)));
    expect(altered).toEqual([]);
  });

  it('reached the program, in the order of each session', () => {
    const told = readFileSync(join(directory, 'out', 'told'), 'utf8')
      .trim()
      .split('\n');
    expectAllInOrder(told, plan.filter(isForDiary));
  });

  it('left no dead letter', async () => {
    expect(JSON.parse((await system.run(['hooks', 'dead', '-o', 'json'])).stdout)).toEqual([]);
  });

  it('are in the database, each once and unaltered', async () => {
    const file = join(directory, 'events.ndjson');
    await system.run(['stats', 'export', 'events', '--format', 'ndjson', '--since', '1h', '-o', file]);
    const stored = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as CloudEvent);
    const planned = new Map(plan.map((event) => [event.id, eventOf(event)]));
    const found = stored.filter(({ id }) => planned.has(id));
    expect(found.length, 'none missing, none twice').toBe(planned.size);
    expect(new Set(found.map(({ id }) => id)).size).toBe(planned.size);
    expect(found.filter((event) => !isDeepStrictEqual(event, planned.get(event.id)))).toEqual([]);
    const foreign = stored.filter(({ id }) => !planned.has(id));
    expect(foreign.filter(({ type }) => /^(session|access)_/.test(type))).toEqual([]);
  });

  it('add up to what was published, in all and for each service', async () => {
    const { stdout } = await system.run(['stats', '--since', '1h', '-o', 'json']);
    const summary = StatsSummary.parse(JSON.parse(stdout));
    expect(summary.sums).toEqual(sumsOf(plan));
    const byService = Map.groupBy(plan, ({ service }) => service);
    const services = summary.services.map(({ service, ...sums }) => [service, sums] as const);
    expect(new Map(services)).toEqual(
      new Map([...byService].map(([service, events]) => [service, sumsOf(events)])),
    );
  });

  it('harmed nothing by what their texts say', () => {
    expect(existsSync(mark)).toBe(false);
  });
});

function sumsOf(events: readonly PlannedEvent[]): StatsSums {
  const started = events.filter(({ type }) => type === 'session_started');
  const uses = events.flatMap(({ data }) => ('use' in data ? [data.use] : []));
  const denials = events.flatMap(({ data }) => ('count' in data ? [data.count] : []));
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    sessions: started.length,
    active: sum(uses.map(({ active }) => active)),
    connections: sum(uses.map(({ connections }) => connections)),
    bytes_in: sum(uses.map(({ from_source }) => from_source?.bytes ?? 0)),
    bytes_out: sum(uses.map(({ to_source }) => to_source?.bytes ?? 0)),
    denied: sum(denials),
    unasked: 0,
  };
}
