// SPDX-License-Identifier: MIT
// Refusals, told as few events as possible: the first of a source at once, the rest as a count.
import type { EventData } from '@nftoggle/contracts';

export type Denial = Omit<EventData<'access_denied'>, 'count' | 'first' | 'last'>;

interface Tally {
  readonly denial: Denial;
  first: number;
  last: number;
  /** Not told yet. */
  untold: number;
}

/** How long the same answer is given again without asking, in milliseconds. Shorter than any client's retry. */
export const repeatWindow = 250;
/** How long refusals are counted before the count is told, in milliseconds. */
export const tellInterval = 10_000;
/** Sources that are told one by one within an interval; a scan from more is counted by the kernel alone. */
const maxSources = 1_024;

export class Denials {
  readonly #tallies = new Map<string, Tally>();
  readonly #tell: (event: EventData<'access_denied'>) => void;

  constructor(tell: (event: EventData<'access_denied'>) => void) {
    this.#tell = tell;
  }

  /** The refusal that this source got from this service a moment ago. */
  recent(key: string, now: number): Denial | undefined {
    const tally = this.#tallies.get(key);
    return tally !== undefined && now - tally.last < repeatWindow ? tally.denial : undefined;
  }

  /** Counts a refusal. `decided` is false for one that only repeats an answer: it does not extend it. */
  add(key: string, denial: Denial, now: number, decided: boolean): void {
    const tally = this.#tallies.get(key);
    if (tally === undefined) {
      if (this.#tallies.size >= maxSources) return;
      this.#tallies.set(key, { denial, first: now, last: now, untold: 0 });
      this.#tell({ ...denial, count: 1, ...span(now, now) });
      return;
    }
    tally.untold += 1;
    if (decided) tally.last = now;
  }

  /** Tells what has been counted, and forgets sources that have been quiet since the last call. */
  flush(): void {
    for (const [key, tally] of this.#tallies) {
      if (tally.untold === 0) {
        this.#tallies.delete(key);
        continue;
      }
      this.#tell({ ...tally.denial, count: tally.untold, ...span(tally.first, tally.last) });
      tally.untold = 0;
      tally.first = tally.last;
    }
  }

  /** Answers given under an older configuration are not repeated. */
  forgetAnswers(): void {
    for (const tally of this.#tallies.values()) tally.last = 0;
  }
}

function span(first: number, last: number): { first: string; last: string } {
  return { first: new Date(first).toISOString(), last: new Date(last).toISOString() };
}
