// SPDX-License-Identifier: MIT
// When the windows of a list are open, in real time. Asked for every decision: what was found out for some
// days is kept for all questions about them.
import { daySeconds, localDate, type WindowList } from '@nftoggle/config';
import { type DateRun, dateRuns } from './date-runs.ts';
import { dayNumber, instantOf } from './local-day.ts';
import { localSpans } from './local-spans.ts';

/** Half-open, in milliseconds since the epoch; `to` may be Infinity. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** Time is cut into blocks of that length, each of which is found out about at once. */
const blockLength = 8 * daySeconds * 1_000;
const blocksKept = 8;

/**
 * Windows that overlap or touch are one, however far it reaches. What was open ever since counts from
 * 1970-01-01; before there are no windows.
 */
export class WindowCalendar {
  readonly #zone: string;
  readonly #runs: readonly DateRun[];
  /** By their number: every interval that lies at least partly in the block, and the first one after it. */
  readonly #blocks = new Map<number, readonly Interval[]>();

  constructor(list: WindowList, zone: string) {
    this.#zone = zone;
    this.#runs = dateRuns(list);
  }

  /** The merged window that holds `now`; its `to` is Infinity when it never closes. */
  at(now: number): Interval | null {
    const block = this.#block(now);
    const last = block[begunBy(block, now) - 1];
    return last !== undefined && now < last.to ? last : null;
  }

  /** The first window that begins after `now`, however far ahead; null only when none ever does. */
  next(now: number): Interval | null {
    const block = this.#block(now);
    return block[begunBy(block, now)] ?? null;
  }

  /** The parts of windows that lie within. `to` has to be finite. */
  between(from: number, to: number): readonly Interval[] {
    if (!(to < Number.POSITIVE_INFINITY)) throw new TypeError('windows without end cannot be listed');
    const found: Interval[] = [];
    let window = from < to ? (this.at(from) ?? this.next(from)) : null;
    while (window !== null && window.from < to) {
      found.push({ from: Math.max(from, window.from), to: Math.min(to, window.to) });
      window = window.to < to ? this.next(window.from) : null;
    }
    return found;
  }

  #block(now: number): readonly Interval[] {
    const number = Math.floor(now / blockLength);
    return this.#blocks.get(number) ?? this.#addBlock(number);
  }

  #addBlock(number: number): readonly Interval[] {
    const block = this.#blockFrom(number * blockLength);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size >= blocksKept && oldest !== undefined) this.#blocks.delete(oldest);
    this.#blocks.set(number, block);
    return block;
  }

  /**
   * A window ends on the day after it began at the latest. So windows of days before `first` are over when the
   * day after `first` begins, and all that begins later than that is known in full. Where the block begins
   * within something older, that is sought further back.
   */
  #blockFrom(begin: number): readonly Interval[] {
    const day = dayNumber(localDate(this.#zone, begin));
    for (let back = 1; ; back *= 2) {
      const first = Math.max(0, day - back);
      const block = this.#overlapping(first, begin);
      const from = block[0]?.from;
      if (first === 0 || from === undefined) return block;
      if (from > instantOf(this.#zone, (first + 1) * daySeconds)) return block;
    }
  }

  #overlapping(first: number, begin: number): readonly Interval[] {
    const found: Interval[] = [];
    for (const interval of this.#intervals(first)) {
      if (interval.to > begin) found.push(interval);
      if (interval.from >= begin + blockLength) break;
    }
    return found;
  }

  /** The local timeline in real time. What lies in a skipped hour is never; a gap that does closes. */
  *#intervals(first: number): Generator<Interval> {
    let open: Interval | null = null;
    for (const span of localSpans(this.#runs, first)) {
      const from = instantOf(this.#zone, span.from);
      const to = instantOf(this.#zone, span.to);
      if (from === to) continue;
      if (open !== null && from > open.to) yield open;
      open = { from: open !== null && from <= open.to ? open.from : from, to };
    }
    if (open !== null) yield open;
  }
}

/** How many of the intervals have begun. */
function begunBy(intervals: readonly Interval[], now: number): number {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((intervals[middle]?.from ?? now) <= now) low = middle + 1;
    else high = middle;
  }
  return low;
}
