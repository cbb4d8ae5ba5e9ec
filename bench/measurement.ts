// SPDX-License-Identifier: MIT
import type { ConnectRun } from './connects.ts';
import type { Target } from './network.ts';
import { median, pairedRatio, percentile } from './statistics.ts';

export type Unit = 'us' | 'per second' | 'Gbit/s';

/** What one target showed. */
export interface Series {
  readonly p50: number;
  /** Null where a run gives one value only. */
  readonly p99: number | null;
  /** The p50, or the one value, of each round. */
  readonly rounds: readonly number[];
  /** How many times it is what the others showed in the same round: the median over rounds. */
  readonly to: Readonly<Partial<Record<Target, number>>>;
}

export interface Measurement {
  readonly name: string;
  readonly unit: Unit;
  /** What the ratio of nftoggle to nothing should be, as people say it. */
  readonly goal?: string;
  readonly targets: Readonly<Partial<Record<Target | 'bus', Series>>>;
  /** SYNs that had to be sent again; more than none means that packets were lost or kept too long. */
  readonly synRetransmits?: Readonly<Partial<Record<Target, number>>>;
}

export type Runs<Result> = ReadonlyMap<Target, readonly Result[]>;

/** Latency: percentiles over all connections, ratios from the p50 of each round. */
export function latencyOf(name: string, runs: Runs<ConnectRun>, goal?: string): Measurement {
  const rounds = mapValues(runs, (list) => list.map(({ us }) => percentile(us, 0.5)));
  const all = mapValues(runs, (list) => list.flatMap(({ us }) => us));
  const targets = mapEntries(rounds, (target, values) => ({
    p50: percentile(all.get(target) ?? [], 0.5),
    p99: percentile(all.get(target) ?? [], 0.99),
    rounds: values,
    to: mapEntries(rounds, (_, others) => pairedRatio(values, others)),
  }));
  return { name, unit: 'us', ...(goal === undefined ? {} : { goal }), targets, ...retransmitsOf(runs) };
}

/** Rates: one value a round, and the median of those. */
export function rateOf(name: string, unit: Unit, rounds: Runs<number>, goal?: string): Measurement {
  const targets = mapEntries(rounds, (_, values) => ({
    p50: median(values),
    p99: null,
    rounds: values,
    to: mapEntries(rounds, (_, others) => pairedRatio(values, others)),
  }));
  return { name, unit, ...(goal === undefined ? {} : { goal }), targets };
}

export function retransmitsOf(runs: Runs<ConnectRun>): Pick<Measurement, 'synRetransmits'> {
  const sum = (list: readonly ConnectRun[]): number =>
    list.reduce((total, { synRetransmits }) => total + synRetransmits, 0);
  return { synRetransmits: mapEntries(runs, (_, list) => sum(list)) };
}

export function mapValues<Key, From, To>(
  map: ReadonlyMap<Key, From>,
  convert: (value: From) => To,
): ReadonlyMap<Key, To> {
  return new Map([...map].map(([key, value]) => [key, convert(value)]));
}

function mapEntries<From, To>(
  map: ReadonlyMap<Target, From>,
  convert: (target: Target, value: From) => To,
): Partial<Record<Target, To>> {
  const entries = [...map].map(([target, value]) => [target, convert(target, value)]);
  return Object.fromEntries(entries) as Partial<Record<Target, To>>;
}
