// SPDX-License-Identifier: MIT
// Connections to one service while packets of others are held for machines that never wake.
import type { Child, Host } from '@nftoggle/lab';
import type { Programs } from './build.ts';
import { Connects, FreshSources } from './connects.ts';
import { type Family, families } from './network.ts';
import { inTurn } from './rounds.ts';
import type { Scale } from './scale.ts';
import { pairedRatio, percentile } from './statistics.ts';
import { configuration, type System, startSystem } from './system.ts';
import { type Box, boxes, type WakeNetwork } from './wake-network.ts';

/** connect() to a service that needs nobody awake, in microseconds, on the two boxes. */
export interface HeldFigure {
  readonly name: string;
  readonly holding: { readonly p50: number; readonly p99: number };
  readonly idle: { readonly p50: number; readonly p99: number };
  /** How many times as long it takes where packets are held: the median over rounds. */
  readonly ratio: number;
  readonly synRetransmits: number;
}

const [port, sleeperPort] = [7_000, 7_100] as const;
const [sleepers, heldOfEach] = [10, 5] as const;
export const heldPackets = sleepers * heldOfEach;
/** The longest that a configuration may ask for. */
const timeoutMs = 600_000;
const numbers = Array.from({ length: sleepers }, (_, n) => n);

/** @throws Error when the packets were not held all the while, or a connection failed */
export async function measureHeld(
  network: WakeNetwork,
  programs: Programs,
  scale: Scale,
): Promise<readonly HeldFigure[]> {
  const bench = { connects: new Connects<Box>(network, programs), fresh: new FreshSources(), scale };
  const systems: System[] = [];
  try {
    for (const box of boxes) systems.push(await startBox(network.host(box), programs));
    for (const box of boxes)
      await bench.connects.run(
        box,
        planOf(bench, 'ipv4', bench.fresh.take('ipv4', scale.warmUp), scale.warmUp),
      );
    const clients = holdPackets(network.friend, bench);
    await proveHeld(systems[0]);
    const figures: HeldFigure[] = [];
    for (const family of families) figures.push(await compare(bench, family));
    await proveHeld(systems[0]);
    await Promise.all(clients.map((client) => client.stop('SIGKILL')));
    return figures;
  } finally {
    await Promise.all(systems.map((system) => system.stop()));
  }
}

interface HeldBench {
  readonly connects: Connects<Box>;
  readonly fresh: FreshSources;
  readonly scale: Scale;
}

async function startBox(host: Host, programs: Programs): Promise<System> {
  await host.start([programs.acceptLoop, String(port)]).waitFor(/^listening$/, 5_000);
  const wake = `wake: { timeout: ${timeoutMs / 1_000}s }`;
  const devices = numbers.map(
    (n) => `  nas-${n}: { mac: "02:00:00:00:0c:0${n}", address: 203.0.113.${200 + n}, ${wake} }\n`,
  );
  const services = numbers.map(
    (n) =>
      `  game-${n}: { ports: [${sleeperPort + n}/tcp], to: nas-${n}, forward: true, allow: [10.77.0.0/16] }\n`,
  );
  return startSystem(host, configuration([port], `devices:\n${devices.join('')}`, services.join('')));
}

/** Clients that wait for machines that nobody has. */
function holdPackets(friend: Host, { connects, fresh }: HeldBench): readonly Child[] {
  return numbers.map((n) => {
    const source = fresh.take('ipv4', heldOfEach);
    const plan = { family: 'ipv4', port: sleeperPort + n, count: heldOfEach, source } as const;
    return friend.start(connects.argv('holding', { ...plan, inFlight: heldOfEach, timeoutMs }));
  });
}

async function proveHeld(system: System | undefined): Promise<void> {
  let waking: number | undefined;
  for (let look = 0; look < 20; look += 1) {
    const status = await system?.status();
    waking = status?.interceptor?.waking;
    if (waking === heldPackets) return;
  }
  throw new Error(`${waking} packets are held, which should be ${heldPackets}`);
}

function planOf({ scale }: HeldBench, family: Family, source: number, count = scale.connects) {
  return { family, port, count, source, gapUs: 20_000 };
}

async function compare(bench: HeldBench, family: Family): Promise<HeldFigure> {
  const { connects, fresh, scale } = bench;
  const firstSources = Array.from({ length: scale.rounds }, () => fresh.take(family, scale.connects));
  const runs = await inTurn(boxes, scale.rounds, (box, round) =>
    connects.run(box, planOf(bench, family, firstSources[round] ?? 0)),
  );
  const of = (box: Box) => {
    const all = (runs.get(box) ?? []).flatMap(({ us }) => us);
    return { p50: percentile(all, 0.5), p99: percentile(all, 0.99) };
  };
  const medians = (box: Box): readonly number[] => (runs.get(box) ?? []).map(({ us }) => percentile(us, 0.5));
  return {
    name: `a service that needs nobody awake, ${family === 'ipv4' ? 'IPv4' : 'IPv6'}`,
    holding: of('holding'),
    idle: of('idle'),
    ratio: pairedRatio(medians('holding'), medians('idle')),
    synRetransmits: (runs.get('holding') ?? []).reduce((sum, run) => sum + run.synRetransmits, 0),
  };
}
