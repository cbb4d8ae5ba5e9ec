// SPDX-License-Identifier: MIT
// Windows on the local timeline: seconds from the beginning of day 0, as if no clock were ever put forward or
// back. Whole numbers only; what they mean in real time is for the caller to find out, for those it needs.
import { daySeconds } from '@nftoggle/config';
import type { DateRun } from './date-runs.ts';
import { weekdayOf } from './local-day.ts';

export interface LocalSpan {
  readonly from: number;
  /** Infinity when it never closes. */
  readonly to: number;
}

/** Windows that begin on `start` or later, those that overlap or touch as one; in order, perhaps without end. */
export function* localSpans(runs: readonly DateRun[], start: number): Generator<LocalSpan> {
  let open: LocalSpan | null = null;
  for (const span of beginning(runs, start)) {
    if (open === null || span.from > open.to) {
      if (open !== null) yield open;
      open = span;
    } else if (span.to > open.to) {
      open = { from: open.from, to: span.to };
    }
  }
  if (open !== null) yield open;
}

/** Each window by itself, in the order of their beginnings. */
function* beginning(runs: readonly DateRun[], start: number): Generator<LocalSpan> {
  for (const run of runs) {
    if (run.next <= start || run.windows.length === 0) continue;
    const first = Math.max(start, run.first);
    if (run.full) yield* beginningInFull(run, first);
    else for (let day = first; day < run.next; day += 1) yield* beginningOn(run, day);
  }
}

/** Of a run that leaves no moment out, only its ends matter: where it begins, and how far it runs on. */
function* beginningInFull(run: DateRun, first: number): Generator<LocalSpan> {
  yield* beginningOn(run, first);
  if (run.next - first === 1) return;
  yield { from: (first + 1) * daySeconds, to: run.next * daySeconds };
  if (run.next !== Number.POSITIVE_INFINITY) yield* beginningOn(run, run.next - 1);
}

function* beginningOn(run: DateRun, day: number): Generator<LocalSpan> {
  const weekday = weekdayOf(day);
  const midnight = day * daySeconds;
  for (const { days, from, to } of run.windows) {
    if (days.includes(weekday)) yield { from: midnight + from, to: midnight + to };
  }
}
