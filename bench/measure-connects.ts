// SPDX-License-Identifier: MIT
import type { ConnectRun, Connects, FreshSources } from './connects.ts';
import { latencyOf, type Measurement, mapValues, rateOf, retransmitsOf } from './measurement.ts';
import type { Family, Target } from './network.ts';
import { inTurn } from './rounds.ts';
import type { Scale } from './scale.ts';

/** What every measurement of connections stands on. */
export interface Bench {
  readonly connects: Connects;
  readonly fresh: FreshSources;
  readonly port: number;
  readonly scale: Scale;
}

/** Connections of people are seconds apart: each finds the system idle, and caches and cores cold. */
export const gapUs = 20_000;

/** How fast one connection follows the other: at once, as tools measure it, or after a pause, as people connect. */
export const paces = [
  { name: 'one after the other', times: 5 },
  { name: 'after 20 ms of quiet', times: 1, gapUs },
] as const;
export type Pace = (typeof paces)[number];
const inFlight = 64;
const familyNames = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;

function gapOf(pace: Pace): { readonly gapUs?: number } {
  return 'gapUs' in pace ? { gapUs: pace.gapUs } : {};
}

/** connect() from a source that has no session: policy is asked each time. */
export async function measureFirstPackets(bench: Bench, family: Family, pace: Pace): Promise<Measurement> {
  const { connects, fresh, port, scale } = bench;
  const count = scale.connects * pace.times;
  const firstSources = Array.from({ length: scale.rounds }, () => fresh.take(family, count));
  const runs = await inTurn(['nftoggle', 'yardstick', 'nothing'] as const, scale.rounds, (target, round) =>
    connects.run(target, { family, port, count, source: firstSources[round] ?? 0, ...gapOf(pace) }),
  );
  return latencyOf(`first packet of a new source, ${familyNames[family]}, ${pace.name}`, runs);
}

/** connect() from a source with a session: the kernel alone lets it in. */
export async function measureSessions(bench: Bench, family: Family, pace: Pace): Promise<Measurement> {
  const { connects, fresh, port, scale } = bench;
  const firstSources = Array.from({ length: scale.rounds }, () => fresh.take(family, 1));
  const measure = async (target: Target, round: number): Promise<ConnectRun> => {
    const plan = { family, port, source: firstSources[round] ?? 0, oneSource: true };
    await connects.run(target, { ...plan, count: 1 });
    return connects.run(target, { ...plan, count: scale.connects * pace.times, ...gapOf(pace) });
  };
  const runs = await inTurn(['nftoggle', 'conntrack', 'nothing'] as const, scale.rounds, measure);
  return latencyOf(`new connection in a live session, ${familyNames[family]}, ${pace.name}`, runs, '≤ 1.10');
}

/** New sources without pause, many under way at a time, and none of them may be lost. */
export async function measureDecisions(bench: Bench, family: Family): Promise<Measurement> {
  const { connects, fresh, port, scale } = bench;
  const count = scale.burst;
  const firstSources = Array.from({ length: scale.burstRounds }, () => fresh.take(family, count));
  const runs = await inTurn(
    ['nftoggle', 'yardstick', 'nothing'] as const,
    scale.burstRounds,
    (target, round) =>
      connects.run(target, { family, port, count, source: firstSources[round] ?? 0, inFlight }),
  );
  const rates = mapValues(runs, (list) => list.map(({ elapsedUs }) => (count / elapsedUs) * 1e6));
  const name = `new sources a second, ${inFlight} at a time, ${familyNames[family]}`;
  return { ...rateOf(name, 'per second', rates), ...retransmitsOf(runs) };
}
