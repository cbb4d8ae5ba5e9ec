// SPDX-License-Identifier: MIT

/** How it ended for a target. Moments are of the clock that nobody sets. */
export interface Ending {
  readonly state: 'ready' | 'failed';
  /** Null when nothing was woken. */
  readonly wake: { readonly started: number; readonly deadline: number } | null;
  readonly retryAt: number | null;
  readonly problem: string | null;
}

/**
 * How long the answer of a probe is good for, in milliseconds: a flood of questions costs one. A machine that fell
 * asleep meanwhile is found out by the next one.
 */
export const remembered = 1_500;
const mostEntries = 1_000;

interface Kept {
  readonly ending: Ending;
  readonly until: number;
}

/** What is known of targets for a moment, and of failed wakes until they may be tried again. Bounded. */
export class Memory {
  readonly #now: () => number;
  readonly #endings = new Map<string, Kept>();
  readonly #failures = new Map<string, Kept>();

  constructor(now: () => number) {
    this.#now = now;
  }

  ending(key: string): Ending | undefined {
    return this.#get(this.#endings, key);
  }

  remember(key: string, ending: Ending): void {
    const until = Math.min(this.#now() + remembered, ending.retryAt ?? Number.POSITIVE_INFINITY);
    this.#put(this.#endings, key, { ending, until });
  }

  /** Was anything of the device ready a moment ago? */
  wasReady(device: string): boolean {
    return [...this.#endings.keys()].some(
      (key) => key.startsWith(`${device} `) && this.ending(key)?.state === 'ready',
    );
  }

  /** The failure of a device, or of a target, that keeps it from being woken. */
  failure(key: string): Ending | undefined {
    return this.#get(this.#failures, key);
  }

  fail(key: string, ending: Ending): void {
    this.#put(this.#failures, key, { ending, until: ending.retryAt ?? 0 });
  }

  /** Of the failures of a device's targets, the problem of the last one. */
  lastProblem(device: string): string | null {
    const own = [...this.#failures].filter(([key]) => key.startsWith(`${device} `));
    return own.at(-1)?.[1].ending.problem ?? null;
  }

  #get(map: Map<string, Kept>, key: string): Ending | undefined {
    const kept = map.get(key);
    return kept !== undefined && this.#now() < kept.until ? kept.ending : undefined;
  }

  #put(map: Map<string, Kept>, key: string, kept: Kept): void {
    map.delete(key);
    for (const [other, { until }] of map) if (until <= this.#now()) map.delete(other);
    const [oldest] = map.keys();
    if (map.size >= mostEntries && oldest !== undefined) map.delete(oldest);
    map.set(key, kept);
  }
}
