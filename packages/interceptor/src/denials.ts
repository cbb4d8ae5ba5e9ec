// SPDX-License-Identifier: MIT
// Refusals, told as few events as possible: the first of a source at once, the rest as a count.
import type { EventData } from '@nftoggle/contracts';

export type Denial = Omit<EventData<'access_denied'>, 'count' | 'first' | 'last'>;

interface Tally {
  /** As the newest decision has it. */
  denial: Denial;
  /** When that was made; long ago for one that is not to be repeated. */
  decided: number;
  /** Not told yet: how many, and when the first and the last of them were. */
  untold: number;
  first: number;
  last: number;
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
  readonly #shown: (moment: number) => string;

  /** `shown` gives a moment as people's clocks have it. */
  constructor(tell: (event: EventData<'access_denied'>) => void, shown: (moment: number) => string) {
    this.#tell = tell;
    this.#shown = shown;
  }

  /** The refusal that this source got from this service a moment ago. */
  recent(key: string, now: number): Denial | undefined {
    const tally = this.#tallies.get(key);
    return tally !== undefined && now - tally.decided < repeatWindow ? tally.denial : undefined;
  }

  /** Counts a refusal. `decided` is false for one that only repeats an answer: it does not extend it. */
  add(key: string, denial: Denial, now: number, decided: boolean): void {
    const tally = this.#tallies.get(key);
    if (tally === undefined) {
      if (this.#tallies.size >= maxSources) return;
      this.#tallies.set(key, { denial, decided: now, untold: 0, first: now, last: now });
      this.#tell({ ...denial, count: 1, ...this.#span(now, now) });
      return;
    }
    if (tally.untold === 0) tally.first = now;
    tally.untold += 1;
    tally.last = now;
    if (decided) [tally.denial, tally.decided] = [denial, now];
  }

  /** Tells what has been counted, and forgets sources that have been quiet since the last call. */
  flush(): void {
    for (const [key, tally] of this.#tallies) {
      if (tally.untold === 0) {
        this.#tallies.delete(key);
        continue;
      }
      this.#tell({ ...tally.denial, count: tally.untold, ...this.#span(tally.first, tally.last) });
      tally.untold = 0;
    }
  }

  /** Answers given under an older configuration are not repeated. */
  forgetAnswers(): void {
    for (const tally of this.#tallies.values()) tally.decided = Number.NEGATIVE_INFINITY;
  }

  #span(first: number, last: number): { first: string; last: string } {
    return { first: this.#shown(first), last: this.#shown(last) };
  }
}
