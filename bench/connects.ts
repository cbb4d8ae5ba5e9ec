// SPDX-License-Identifier: MIT
import type { Host } from '@nftoggle/lab';
import type { Programs } from './build.ts';
import { type Family, sourceCount, sources, type Target } from './network.ts';

export interface ConnectPlan {
  readonly family: Family;
  readonly port: number;
  readonly count: number;
  /** Number of the first source; each connection has the next one. */
  readonly source: number;
  /** All connections come from the first source. */
  readonly oneSource?: boolean;
  /** Pause between two connections, in microseconds. */
  readonly gapUs?: number;
  /** Connections under way at a time. Default: 1. */
  readonly inFlight?: number;
  /** A connection that takes longer has failed, in milliseconds. */
  readonly timeoutMs?: number;
}

export interface ConnectRun {
  readonly connected: number;
  readonly failed: number;
  readonly synRetransmits: number;
  readonly elapsedUs: number;
  /** Time spent in each connect(). */
  readonly us: readonly number[];
}

/** A friend, and the machines that it connects to. */
export interface Reachable<Name extends string> {
  readonly friend: Host;
  readonly host: (name: Name) => Host;
}

/** The friend's connections to one target after the other. */
export class Connects<Name extends string = Target> {
  readonly #network: Reachable<Name>;
  readonly #program: string;

  constructor(network: Reachable<Name>, programs: Programs) {
    this.#network = network;
    this.#program = programs.connects;
  }

  /** @throws Error when a connection failed */
  async run(target: Name, plan: ConnectPlan): Promise<ConnectRun> {
    const run = await this.attempt(target, plan);
    if (run.failed === 0) return run;
    throw new Error(`${run.failed} of ${plan.count} connections to ${target} failed (${plan.family})`);
  }

  async attempt(target: Name, plan: ConnectPlan): Promise<ConnectRun> {
    const { stdout } = await this.#network.friend.run(this.argv(target, plan));
    return JSON.parse(stdout) as ConnectRun;
  }

  /** The program that makes them, for the friend to run. */
  argv(target: Name, plan: ConnectPlan): readonly string[] {
    const numbers = {
      '-p': plan.port,
      '-i': plan.source,
      '-n': plan.count,
      '-g': plan.gapUs ?? 0,
      '-c': plan.inFlight ?? 1,
      '-t': plan.timeoutMs ?? 5_000,
    };
    return [
      this.#program,
      ...['-a', this.#network.host(target)[plan.family], '-s', sources[plan.family].first],
      ...Object.entries(numbers).flatMap(([flag, value]) => [flag, String(value)]),
      ...(plan.oneSource === true ? ['-1'] : []),
    ];
  }
}

/** Hands out sources that nobody has used yet, so that each of them is one that policy must be asked about. */
export class FreshSources {
  readonly #next = { ipv4: 1, ipv6: 1 };

  take(family: Family, count: number): number {
    const first = this.#next[family];
    this.#next[family] += count;
    // The last one is refused by the configuration.
    if (this.#next[family] >= sourceCount) throw new RangeError('the bench has run out of sources');
    return first;
  }
}
