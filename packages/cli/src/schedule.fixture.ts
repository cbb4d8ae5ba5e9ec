// SPDX-License-Identifier: MIT
import { addDays, daySeconds, zonedInstant } from '@nftoggle/config';
import type { Schedule, ScheduleDay, ScheduleSpan } from '@nftoggle/contracts';

/** `16:00`, or `24:00`, of the local day. */
type Clock = `${number}:${number}`;
export type SpanOf = readonly [from: Clock, to: Clock, allowance?: number];

/** Spans of one day for each `service for source`. */
export type RowsOf = (date: string) => Readonly<Record<string, readonly SpanOf[]>>;

/** A schedule as policy makes it, written down by what clocks show. */
export function aSchedule(
  zone: string,
  first: string,
  days: number,
  rowsOf: RowsOf,
  subject = 'leo',
): Schedule {
  return {
    subject,
    timezone: zone,
    days: Array.from({ length: days }, (_, index) => aDay(zone, addDays(first, index), rowsOf)),
  };
}

function aDay(zone: string, date: string, rowsOf: RowsOf): ScheduleDay {
  const [from, to] = [zonedInstant(zone, date, 0), zonedInstant(zone, date, daySeconds)];
  return {
    date,
    from: text(from),
    to: text(to),
    clockChange: daySeconds - (to - from) / 1_000,
    rows: Object.entries(rowsOf(date)).map(([title, spans]) => {
      const [service = '', source = ''] = title.split(' for ');
      return { service, source, spans: spans.map((span) => aSpan(zone, date, span)) };
    }),
  };
}

function aSpan(
  zone: string,
  date: string,
  [from, to, allowance = null]: readonly [Clock, Clock, (number | null)?],
): ScheduleSpan {
  const at = (clock: Clock): string => {
    const [hours = 0, minutes = 0] = clock.split(':').map(Number);
    return text(zonedInstant(zone, date, hours * 3_600 + minutes * 60));
  };
  return { from: at(from), to: at(to), rule: 'services.x.allow[0]', allowance };
}

function text(instant: number): string {
  return new Date(instant).toISOString();
}
