// SPDX-License-Identifier: MIT
// What waking costs the one who waits, beside the machine's own time to start; and what it costs everybody else.
import { type Child, type Host, putToSleep } from '@nftoggle/lab';
import type { Programs } from './build.ts';
import { type HeldFigure, measureHeld } from './measure-held.ts';
import { type Family, families } from './network.ts';
import type { Scale } from './scale.ts';
import { percentile } from './statistics.ts';
import { startSystem } from './system.ts';
import { createWakeNetwork, type WakeNetwork } from './wake-network.ts';

/** How a machine comes up, and what is counted from. */
const kinds = {
  later: 'its service starts after its network, counted from there',
  speaks: 'its service is there with its network, and it speaks at once',
  silent: 'its service is there with its network, and it waits to be asked',
} as const;
type Kind = keyof typeof kinds;

export interface WakeFigure {
  readonly name: string;
  /** From the moment that the port can be reached to the end of the client's connect(), in milliseconds. */
  readonly p50: number;
  readonly max: number;
  /** From the first connection that the service accepted: that of the probe. */
  readonly acceptedP50: number;
  readonly goal: string | null;
  readonly all: readonly number[];
}

export interface WakeReport {
  readonly answers: readonly WakeFigure[];
  readonly held: readonly HeldFigure[];
}

const port = 7_000;
/** Probes come at a fixed pace: where in it a machine comes up is left to chance. In milliseconds. */
const bootMs = (): number => 300 + Math.random() * 1_000;
/** What was ready is believed to be so for a moment; a machine does not fall asleep as fast as this one. */
const forgotten = 2_000;
const patience = 30_000;

interface Sample {
  readonly kind: Kind;
  readonly family: Family;
  readonly fromUp: number;
  readonly fromAccepted: number;
}

export async function measureWake(
  programs: Programs,
  scale: Scale,
  onStep: (step: string) => void,
): Promise<WakeReport> {
  const network = await createWakeNetwork();
  try {
    onStep('waking a machine');
    const answers = await measureAnswers(network, scale);
    onStep('held packets beside others');
    return { answers, held: await measureHeld(network, programs, scale) };
  } finally {
    await network.lab.close();
  }
}

async function measureAnswers(network: WakeNetwork, scale: Scale): Promise<readonly WakeFigure[]> {
  const system = await startSystem(network.gateway, configuration(network.sleeper));
  try {
    const samples: Sample[] = [];
    for (let round = 0; round < scale.wakeRounds; round += 1)
      for (const kind of Object.keys(kinds) as Kind[]) samples.push(...(await wakeOnce(network, kind)));
    return (Object.keys(kinds) as Kind[]).flatMap((kind) =>
      families.map((family) =>
        figureOf(
          samples.filter((sample) => sample.kind === kind && sample.family === family),
          kind,
          family,
        ),
      ),
    );
  } finally {
    await system.stop();
  }
}

function configuration(sleeper: Host): string {
  const { mac, ipv4, ipv6 } = sleeper.on();
  return `version: 1
node: bench
devices: { nas: { mac: "${mac}", address: [${ipv4}, "${ipv6}"], wake: { timeout: 30s } } }
services:
  bench: { ports: [${port}/tcp], to: nas, forward: true, allow: [203.0.113.7, "2001:db8:a::7"] }
`;
}

/** Both families wait for the same wake. */
async function wakeOnce(network: WakeNetwork, kind: Kind): Promise<readonly Sample[]> {
  const { sleeper, gateway } = network;
  await quiet(forgotten);
  const early = kind === 'later' ? null : await startServer(sleeper);
  const asleep = await putToSleep(sleeper, { bootMs: bootMs(), speaksUp: kind !== 'silent' });
  // The kernel remembers a neighbour for a minute; machines sleep longer.
  await gateway.ip(['neigh flush dev lan']);
  const clients = families.map((family) => startClient(network.friend, gateway[family]));
  await asleep.waitUntilUp(patience);
  // By then its refusal has been seen.
  if (early === null) await quiet(700);
  const server = early ?? (await startServer(sleeper));
  const up = early === null ? momentOf(server, /^listening (\d+)$/) : (asleep.upAt ?? Number.NaN);
  const connected = await Promise.all(clients.map((client) => connectedAt(client)));
  const accepted = await Promise.all(families.map((family) => acceptedAt(server, family)));
  await server.stop();
  return families.map((family, index) => {
    const at = connected[index] ?? Number.NaN;
    return { kind, family, fromUp: at - up, fromAccepted: at - (accepted[index] ?? Number.NaN) };
  });
}

/** The first one of all, which is that of a probe. */
async function acceptedAt(server: Child, family: Family): Promise<number> {
  const [, moment] = await server.waitFor(new RegExp(`^accepted (\\d+) ${family}$`), 5_000);
  return Number(moment);
}

async function startServer(host: Host): Promise<Child> {
  const child = host.start([process.execPath, `${import.meta.dirname}/wake-server.ts`, String(port)]);
  await child.waitFor(/^listening /, 15_000);
  return child;
}

function startClient(host: Host, address: string): Child {
  const program = `${import.meta.dirname}/wake-client.ts`;
  return host.start([process.execPath, program, address, String(port), String(patience)]);
}

async function connectedAt(client: Child): Promise<number> {
  const [, connected, failed] = await client.waitFor(/^(?:connected (\d+)|failed (.*))$/, patience + 5_000);
  if (failed !== undefined) throw new Error(`a machine was not reached: ${failed}`);
  return Number(connected);
}

/** The first line that says it. */
function momentOf(child: Child, pattern: RegExp): number {
  const moment = child.output.map(({ text }) => pattern.exec(text)?.[1]).find((text) => text !== undefined);
  return Number(moment ?? Number.NaN);
}

function figureOf(samples: readonly Sample[], kind: Kind, family: Family): WakeFigure {
  const all = samples.map(({ fromUp }) => fromUp);
  return {
    name: `${kinds[kind]}, ${family === 'ipv4' ? 'IPv4' : 'IPv6'}`,
    p50: percentile(all, 0.5),
    max: Math.max(...all),
    acceptedP50: percentile(
      samples.map(({ fromAccepted }) => fromAccepted),
      0.5,
    ),
    goal: kind === 'silent' ? null : '< 150 ms',
    all,
  };
}

const quiet = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
