// SPDX-License-Identifier: MIT

/** What was quiet for less goes on, in milliseconds: who tries each quarter of an hour is news each time. */
const quiet = 600_000;

/** When to tell again of what goes on and on: after ever longer intervals, and after short ones again once it was quiet. */
export class Pace {
  readonly #intervals: readonly number[];
  #step = 0;
  #told: number;

  /** `intervals` in milliseconds, the last of them for ever; the first one begins at `from`. */
  constructor(intervals: readonly number[], from: number) {
    this.#intervals = intervals;
    this.#told = from;
  }

  /** When it may be told of again. */
  get due(): number {
    return this.#told + this.#interval;
  }

  told(now: number): void {
    this.#told = now;
    this.#step += 1;
  }

  /** Was it quiet since `last` for so long that what comes now is something new? */
  isOver(last: number, now: number): boolean {
    return now - last >= Math.max(this.#interval, quiet);
  }

  get #interval(): number {
    return this.#intervals[this.#step] ?? this.#intervals.at(-1) ?? quiet;
  }
}
