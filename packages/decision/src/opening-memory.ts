// SPDX-License-Identifier: MIT
// Who is refused asks again and again, and when access opens next takes many looks ahead. So it is remembered
// for as long as everything that it was made from is the same.
import type { Opening } from './next-allowed.ts';

/** Where nothing could be foreseen it is tried again after so long, in milliseconds: more may be in reach then. */
const retryAfter = 3_600_000;
const mostKept = 200;

interface Known {
  readonly opening: Opening | null;
  readonly facts: readonly unknown[];
  /** For questions from then on, and before `to`. */
  readonly from: number;
  readonly to: number;
}

/** Of one service. */
export class OpeningMemory {
  readonly #known = new Map<string, Known>();

  /** `key`: who asks, as far as rules can see. `facts`: all else; the same objects are the same facts. */
  recall(key: string, facts: readonly unknown[], now: number): Opening | null | undefined {
    const known = this.#known.get(key);
    if (known === undefined || now < known.from || now >= known.to) return undefined;
    const same = facts.length === known.facts.length && facts.every((fact, i) => fact === known.facts[i]);
    return same ? known.opening : undefined;
  }

  keep(key: string, facts: readonly unknown[], now: number, opening: Opening | null): void {
    if (this.#known.size >= mostKept) this.#known.clear();
    this.#known.set(key, { opening, facts, from: now, to: opening?.at ?? now + retryAfter });
  }
}
