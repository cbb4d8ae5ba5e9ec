// SPDX-License-Identifier: MIT
// The dates of a window list, cut where an exception begins or ends. Within such a run every week is like
// the next, so that whatever lies far ahead is found without walking there day by day.
import { type DateRange, daySeconds, type WeeklyWindow, type WindowList } from '@nftoggle/config';
import { dayNumber } from './local-day.ts';

export interface DateRun {
  /** Day numbers; `next` is the first after the run, Infinity for the last run. */
  readonly first: number;
  readonly next: number;
  /** Those that begin on days of the run, the earliest of a day first. */
  readonly windows: readonly WeeklyWindow[];
  /** True when every moment of a week lies in one of the windows. */
  readonly full: boolean;
}

const everyDay = [1, 2, 3, 4, 5, 6, 7];
const weekSeconds = 7 * daySeconds;

/** In order and without a hole, from 1970-01-01 for ever. */
export function dateRuns({ weekly, except, also }: WindowList): readonly DateRun[] {
  const closed = except.map(dayRange);
  const extra = also.map(({ dates, from, to }) => ({
    ...dayRange(dates),
    window: { days: everyDay, from, to },
  }));
  const edges = [...closed, ...extra].flatMap(({ first, next }) => [Math.max(0, first), Math.max(0, next)]);
  const sorted = [...new Set([0, ...edges])].sort((a, b) => a - b);
  return sorted.map((first, index) => {
    const usual = closed.some((range) => holds(range, first)) ? [] : weekly;
    const beside = extra.filter((range) => holds(range, first)).map(({ window }) => window);
    const windows = [...usual, ...beside].sort((a, b) => a.from - b.from);
    return { first, next: sorted[index + 1] ?? Number.POSITIVE_INFINITY, windows, full: isFull(windows) };
  });
}

interface DayRange {
  readonly first: number;
  readonly next: number;
}

function dayRange({ first, last }: DateRange): DayRange {
  return { first: dayNumber(first), next: dayNumber(last) + 1 };
}

function holds({ first, next }: DayRange, day: number): boolean {
  return first <= day && day < next;
}

/** Whether the windows of one week, and what runs into it from the week before, leave nothing of it out. */
function isFull(windows: readonly WeeklyWindow[]): boolean {
  const spans = windows
    .flatMap(({ days, from, to }) =>
      days.flatMap((day) =>
        [day - 8, day - 1].map((of) => ({ from: of * daySeconds + from, to: of * daySeconds + to })),
      ),
    )
    .sort((a, b) => a.from - b.from);
  let reached = 0;
  for (const { from, to } of spans) if (from <= reached) reached = Math.max(reached, to);
  return reached >= weekSeconds;
}
