// SPDX-License-Identifier: MIT
import type { Lane } from './queue/packet-queue.ts';

interface Terms {
  /** Events at once, after a quiet time. */
  readonly burst: number;
  /** One more each so many milliseconds. */
  readonly every: number;
}

/** Strangers come by the thousand; those whom a rule could allow are few, and their owner wants to hear of each. */
const terms: Readonly<Record<Lane, Terms>> = {
  strangers: { burst: 4, every: 12_000 },
  known: { burst: 32, every: 2_000 },
};

/** How many events may tell of single sources: whatever comes, a flood of packets is no flood of events. */
export class DenialBudget {
  readonly #terms: Terms;
  /** In milliseconds: an event costs `every` of them. */
  #saved: number;
  #at = Number.NEGATIVE_INFINITY;

  constructor(lane: Lane) {
    this.#terms = terms[lane];
    this.#saved = this.#terms.burst * this.#terms.every;
  }

  /** True when one event more may be told now; it is paid for then. */
  take(now: number): boolean {
    const { burst, every } = this.#terms;
    this.#saved = Math.min(burst * every, this.#saved + now - this.#at);
    this.#at = now;
    if (this.#saved < every) return false;
    this.#saved -= every;
    return true;
  }
}
