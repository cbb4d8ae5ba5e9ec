// SPDX-License-Identifier: MIT
import type { CloudEvent } from '@nftoggle/contracts';

/** In milliseconds. */
export const pace = {
  /** The first event after a quiet time waits for others so long. */
  gather: 250,
  /** Between two commits of a few events: a card wears with each. */
  least: 5_000,
  /** After a commit that failed; twice as long after each one more. */
  retry: 1_000,
  retryMost: 30_000,
} as const;

/** So many events do not wait. */
export const manyEvents = 1_000;
/** Of one transaction: more would keep others from being answered for long. */
export const mostEvents = 4_000;

export interface BatchesOptions {
  /** Stores events, all or none. */
  readonly commit: (events: readonly CloudEvent[]) => void;
  /** Called once for each commit that failed. */
  readonly onFailure: (error: unknown) => void;
}

interface Waiter {
  /** Of all events that were ever added, how many have to be stored. */
  readonly upTo: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Gathers events to few commits, in the order in which they come. A commit that fails is tried again, for ever: what
 * waits for it is not lost, and whoever hands over events waits as well.
 */
export class Batches {
  readonly #options: BatchesOptions;
  readonly #pending: CloudEvent[] = [];
  #waiters: Waiter[] = [];
  #added = 0;
  #stored = 0;
  #last = -Infinity;
  #failures = 0;
  #stopping = false;
  /** Until nothing waits any more: what is left of many does not wait for others. */
  #hurrying = false;
  #timer: NodeJS.Timeout | undefined;
  #due = Infinity;

  constructor(options: BatchesOptions) {
    this.#options = options;
  }

  /** Resolves when they are on disk; rejects when the batches are stopped before, and they are not. */
  add(events: readonly CloudEvent[]): Promise<void> {
    if (events.length === 0) return Promise.resolve();
    if (this.#stopping) return Promise.reject(new Error('stopped: it is not stored'));
    this.#pending.push(...events);
    this.#added += events.length;
    const stored = new Promise<void>((resolve, reject) => {
      this.#waiters.push({ upTo: this.#added, resolve, reject });
    });
    this.#schedule();
    return stored;
  }

  /** What waits now is stored at once: more is to come. */
  hurry(): void {
    if (this.#pending.length === 0) return;
    this.#hurrying = true;
    this.#schedule();
  }

  /** Stores at once what waits, in one last try. */
  stop(): void {
    this.#stopping = true;
    clearTimeout(this.#timer);
    while (this.#pending.length > 0 && this.#commit());
    for (const { reject } of this.#waiters) reject(new Error('stopped before it could be stored'));
    this.#waiters = [];
    this.#pending.length = 0;
  }

  #schedule(): void {
    if (this.#pending.length === 0) return;
    if (this.#pending.length >= manyEvents) this.#hurrying = true;
    const now = performance.now();
    const wait = this.#hurrying ? 0 : Math.max(pace.gather, this.#last + pace.least - now);
    const retry = Math.min(pace.retry * 2 ** (this.#failures - 1), pace.retryMost);
    const due = now + (this.#failures > 0 ? retry : wait);
    // The first event of a batch sets its time; only a reason to hurry changes it.
    if (this.#timer !== undefined && (due >= this.#due || this.#failures > 0)) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#commit();
      this.#schedule();
    }, due - now);
  }

  #commit(): boolean {
    const events = this.#pending.slice(0, mostEvents);
    try {
      this.#options.commit(events);
    } catch (error) {
      this.#failures += 1;
      this.#options.onFailure(error);
      return false;
    }
    this.#failures = 0;
    this.#last = performance.now();
    this.#pending.splice(0, events.length);
    if (this.#pending.length === 0) this.#hurrying = false;
    this.#stored += events.length;
    this.#settle();
    return true;
  }

  #settle(): void {
    const done = this.#waiters.filter(({ upTo }) => upTo <= this.#stored);
    this.#waiters = this.#waiters.slice(done.length);
    for (const { resolve } of done) resolve();
  }
}
