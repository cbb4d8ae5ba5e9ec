// SPDX-License-Identifier: MIT
// A day as a bar of cells: where it is open, at a glance.
import type { ScheduleSpan } from '@nftoggle/contracts';
import type { Format, Paint } from '../paint.ts';
import { type DayClock, quarterMs, quartersOfDay } from './day-clock.ts';

type State = 'absent' | 'shut' | 'limited' | 'open';

/** A cell that is open in one half only says which. */
export const marks = { open: '█', limited: '▒', shut: '·', absent: ' ', before: '▌', after: '▐' } as const;

export interface DayBar {
  /** What the clock shows once, and the first time. */
  readonly bar: string;
  /** What it shows a second time, in the same places; null on all days but one of a year. */
  readonly again: string | null;
}

export interface BarFrame {
  readonly clock: DayClock;
  /** In milliseconds since the epoch; what is over by then is left blank. */
  readonly from: number;
  /** 48 for half hours, 24 for hours. */
  readonly cells: number;
  readonly paint: Paint;
}

export function dayBar(spans: readonly ScheduleSpan[], { clock, from, cells, paint }: BarFrame): DayBar {
  const states = (instants: DayClock['first']): State[] =>
    instants.map((instant) =>
      instant === undefined || instant + quarterMs <= from ? 'absent' : stateAt(spans, instant),
    );
  const draw = (quarters: readonly State[]): string => paintRuns(cellStates(quarters, cells), paint);
  const again = states(clock.second);
  return {
    bar: draw(states(clock.first)),
    again: again.every((state) => state === 'absent') ? null : draw(again).trimEnd(),
  };
}

/** A quarter that is open for a moment is drawn open: nobody must be let in by a gap in the picture. */
function stateAt(spans: readonly ScheduleSpan[], instant: number): State {
  const touching = spans.filter(
    ({ from, to }) => Date.parse(from) < instant + quarterMs && Date.parse(to) > instant,
  );
  if (touching.length === 0) return 'shut';
  return touching.some(({ allowance }) => allowance === null) ? 'open' : 'limited';
}

interface Cell {
  readonly mark: string;
  readonly state: State;
}

function cellStates(quarters: readonly State[], cells: number): Cell[] {
  const size = quartersOfDay / cells;
  return Array.from({ length: cells }, (_, index) => {
    const own = quarters.slice(index * size, (index + 1) * size);
    return cellOf(widest(own.slice(0, size / 2)), widest(own.slice(size / 2)));
  });
}

const byWidth: readonly State[] = ['open', 'limited', 'shut', 'absent'];
function widest(states: readonly State[]): State {
  return byWidth.find((state) => states.includes(state)) ?? 'absent';
}

function cellOf(before: State, after: State): Cell {
  const state = widest([before, after]);
  if (before === after || state === 'shut') return { mark: marks[state], state };
  if (isOpen(before) && isOpen(after)) return { mark: marks.limited, state: 'limited' };
  return { mark: isOpen(before) ? marks.before : marks.after, state };
}

function isOpen(state: State): boolean {
  return state === 'open' || state === 'limited';
}

const formats: Readonly<Record<State, Format | null>> = {
  open: 'green',
  limited: 'yellow',
  shut: 'dim',
  absent: null,
};

/** One colour code for each run of cells that are alike, rather than one for each cell. */
function paintRuns(cells: readonly Cell[], paint: Paint): string {
  let text = '';
  for (let index = 0; index < cells.length; ) {
    const state = cells[index]?.state ?? 'absent';
    let run = '';
    for (; cells[index]?.state === state; index += 1) run += cells[index]?.mark ?? '';
    const format = formats[state];
    text += format === null ? run : paint(format, run);
  }
  return text;
}
