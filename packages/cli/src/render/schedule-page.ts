// SPDX-License-Identifier: MIT
import type { Schedule, ScheduleDay, ScheduleSpan } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { textWidth } from './columns.ts';
import { dayBar, marks } from './day-bar.ts';
import { changedHours, type DayClock, dayClock } from './day-clock.ts';
import { durationText } from './duration-text.ts';
import { clockFace, dayText } from './local-time.ts';
import type { PageFrame } from './page-frame.ts';
import { forWhom } from './source-text.ts';
import { spansText } from './spans-text.ts';

/** One service for one source, over all days. */
interface Row {
  readonly title: string;
  readonly days: readonly RowDay[];
}

interface RowDay {
  readonly day: ScheduleDay;
  readonly clock: DayClock;
  /** In milliseconds since the epoch: what is over is not told. */
  readonly from: number;
  readonly spans: readonly ScheduleSpan[];
  readonly text: string;
}

interface Sheet {
  /** Cells of a bar: half hours where there is room, or else hours. */
  readonly cells: number;
  readonly width: number;
  readonly paint: Paint;
}

/** Room for `Wed 30 Sep`. */
const labelWidth = 10;
const indent = ' '.repeat(labelWidth + 1);

/** For each service and source the days below each other, each as a bar under one ruler and as text. */
export function schedulePage(schedule: Schedule, { now, width, paint }: PageFrame): string {
  const sheet = { cells: width < indent.length + 48 ? 24 : 48, width, paint };
  const rows = rowsOf(schedule, now.getTime());
  const blocks = rows.map((row) => [paint('bold', row.title), ...body(row, sheet)].join('\n'));
  if (rows.length === 0) blocks.push('shut on all of these days: no rule opens anything');
  return [titleOf(schedule), ...blocks, ...legend(rows, paint)].join('\n\n');
}

function titleOf({ subject, days, timezone }: Schedule): string {
  const [first, last] = [days[0]?.date, days.at(-1)?.date].map((date) =>
    date === undefined ? '' : dayText(date),
  );
  return `${subject}: ${first === last ? first : `${first} to ${last}`} (${timezone})`;
}

/** In the order in which the days name them. Several rules for one source are one row. */
function rowsOf({ days, timezone: zone }: Schedule, now: number): Row[] {
  const clocked = days.map((day) => ({
    day,
    clock: dayClock(day, zone),
    from: Math.max(now, Date.parse(day.from)),
    to: Date.parse(day.to),
  }));
  const titles = new Set(days.flatMap(({ rows }) => rows.map(rowTitle)));
  return [...titles].map((title) => ({
    title,
    days: clocked.map(({ to, ...rest }) => {
      const spans = rest.day.rows
        .flatMap((row) => (rowTitle(row) === title ? row.spans : []))
        .filter((span) => Date.parse(span.to) > rest.from);
      return { ...rest, spans, text: spansText(spans, { from: rest.from, to, zone }) };
    }),
  }));
}

function rowTitle({ service, source }: ScheduleDay['rows'][number]): string {
  return `${service} for ${forWhom(source)}`;
}

function body(row: Row, sheet: Sheet): string[] {
  const alike = sameAllDays(row);
  if (alike !== null) return [`  ${alike}`];
  const below = row.days.some(({ text }) => indent.length + sheet.cells + 2 + textWidth(text) > sheet.width);
  return [
    sheet.paint('dim', `${indent}${ruler(sheet.cells)}`),
    ...row.days.flatMap((day) => dayLines(day, sheet, below)),
  ];
}

/** No picture is drawn of what one word says. */
function sameAllDays({ days }: Row): string | null {
  const texts = new Set(days.map(({ text }) => text));
  const [text] = texts;
  if (texts.size !== 1 || text === undefined) return null;
  if (text === '') return days.length === 1 ? 'shut all day' : 'shut on all of these days';
  if (!text.startsWith('all day')) return null;
  return days.length === 1 ? `open ${text}` : text.replace('all day', 'open around the clock');
}

/** An hour every six cells' worth: `0     3     6`. */
function ruler(cells: number): string {
  const step = cells === 48 ? 3 : 6;
  let text = '';
  for (let hour = 0; hour < 24; hour += step) text += String(hour).padEnd(6);
  return text.trimEnd();
}

function dayLines(
  { day, clock, from, spans, text }: RowDay,
  { cells, paint }: Sheet,
  below: boolean,
): string[] {
  const { bar, again } = dayBar(spans, { clock, from, cells, paint });
  const beside = below || text === '' ? '' : `  ${text}`;
  return [
    `${dayText(day.date).padEnd(labelWidth)} ${bar}${beside}`,
    ...(again === null ? [] : [`${'again'.padStart(labelWidth)} ${again}`]),
    ...(below && text !== '' ? [`${indent}${text}`] : []),
    ...changeLines(day, clock).map((line) => `${indent}${paint('yellow', line)}`),
  ];
}

function changeLines({ from, to, clockChange }: ScheduleDay, clock: DayClock): string[] {
  const hours = changedHours(clock);
  if (clockChange === 0 || hours === null) return [];
  const length = durationText((Date.parse(to) - Date.parse(from)) / 1_000);
  return clockChange > 0
    ? [`clocks go forward at ${clockFace(hours.from)}, a day of ${length}`]
    : [`clocks go back at ${clockFace(hours.to)}, a day of ${length}`];
}

function legend(rows: readonly Row[], paint: Paint): string[] {
  const spans = rows
    .filter((row) => sameAllDays(row) === null)
    .flatMap(({ days }) => days.flatMap((day) => day.spans));
  const entries = [
    ...(spans.some(({ allowance }) => allowance === null) ? [`${paint('green', marks.open)} open`] : []),
    ...(spans.some(({ allowance }) => allowance !== null)
      ? [`${paint('yellow', marks.limited)} open, but in all for no longer than max`]
      : []),
    `${paint('dim', marks.shut)} shut`,
  ];
  return spans.length === 0 ? [] : [entries.join('   ')];
}
