// SPDX-License-Identifier: MIT
import type { Attempt } from './attempt.ts';

export interface Counts {
  readonly delivered: number;
  readonly failed: number;
  /** What the last attempt ended with, where it failed. */
  readonly problem: string | null;
}

const none: Counts = { delivered: 0, failed: 0, problem: null };

/** What this replica did for each hook since it started. */
export class Tally {
  readonly #counts = new Map<string, Counts>();

  of(hook: string): Counts {
    return this.#counts.get(hook) ?? none;
  }

  add(hook: string, { delivered, detail }: Attempt): void {
    const before = this.of(hook);
    this.#counts.set(hook, {
      delivered: before.delivered + (delivered ? 1 : 0),
      failed: before.failed + (delivered ? 0 : 1),
      problem: delivered ? null : detail,
    });
  }

  /** Forgets hooks that are no more. */
  keep(hooks: { has(name: string): boolean }): void {
    for (const name of this.#counts.keys()) if (!hooks.has(name)) this.#counts.delete(name);
  }
}
