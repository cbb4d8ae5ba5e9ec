// SPDX-License-Identifier: MIT
// A refusal is good for a moment: whoever asks the same again so soon gets the same answer without a question.
import type { Denial } from './denials.ts';

/** How long the same answer is given again, in milliseconds. Shorter than any client's retry. */
export const repeatWindow = 250;
const most = 4_096;

interface Entry {
  readonly denial: Denial;
  readonly decided: number;
}

export class RecentDenials {
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();

  /** Counted from the decision, and not from its repetitions. */
  find(key: string, now: number): Denial | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && now - entry.decided < repeatWindow ? entry.denial : undefined;
  }

  remember(key: string, denial: Denial, now: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { denial, decided: now });
    for (const [oldest, { decided }] of this.#entries) {
      if (now - decided < repeatWindow && this.#entries.size <= most) break;
      this.#entries.delete(oldest);
    }
  }

  /** They were given under an older configuration, say. */
  clear(): void {
    this.#entries.clear();
  }
}
