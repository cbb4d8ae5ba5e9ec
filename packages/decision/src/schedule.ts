// SPDX-License-Identifier: MIT
// When access is allowed in the days to come, of a person, a device or a service.
import { addDays, localDate, zonedInstant } from '@nftoggle/config';
import type { ScheduleDay, ScheduleReply, ScheduleRequest, ScheduleRow } from '@nftoggle/contracts';
import { type AccessSpan, accessSpans } from './access-spans.ts';
import type { CompiledPolicy } from './compile.ts';
import { unknownSubject } from './refusal.ts';
import { type CaseRow, scheduleRows } from './schedule-rows.ts';
import type { World } from './world.ts';

/** So that a schedule fits into one message. Days beyond that many spans are left out, the first never. */
const mostSpans = 4_000;
const usualDays = 7;

/** From `now` on: what is over is not told, because what counted then is not known any more. */
export function schedule(
  policy: CompiledPolicy,
  world: World,
  { subject, days: wanted = usualDays }: ScheduleRequest,
  now: number,
): ScheduleReply {
  const cases = scheduleRows(policy, world, subject, now);
  if (cases === null) return unknownSubject(policy, subject);
  const days = localDays(policy.timezone, now, wanted);
  const end = days.at(-1)?.to ?? now;
  const timelines = cases.map((row) => ({ row, spans: accessSpans(row.kase, now, end) }));
  const told = days.map((day) => scheduleDay(day, timelines));
  return { subject, timezone: policy.timezone, days: told.slice(0, daysThatFit(told)) };
}

interface LocalDay {
  readonly date: string;
  readonly from: number;
  readonly to: number;
}

/** A date that clocks skip as a whole is no day. */
function localDays(zone: string, now: number, count: number): readonly LocalDay[] {
  const today = localDate(zone, now);
  return Array.from({ length: count }, (_, index) => addDays(today, index))
    .map((date) => ({
      date,
      from: zonedInstant(zone, date, 0),
      to: zonedInstant(zone, addDays(date, 1), 0),
    }))
    .filter(({ from, to }) => from < to);
}

interface Timeline {
  readonly row: CaseRow;
  readonly spans: readonly AccessSpan[];
}

function scheduleDay({ date, from, to }: LocalDay, timelines: readonly Timeline[]): ScheduleDay {
  return {
    date,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    clockChange: Math.round(86_400 - (to - from) / 1_000),
    rows: timelines.map(({ row, spans }) => scheduleRow(row, spans, from, to)),
  };
}

function scheduleRow(
  { service, source }: CaseRow,
  spans: readonly AccessSpan[],
  from: number,
  to: number,
): ScheduleRow {
  const within = spans.filter((span) => span.from < to && from < span.to);
  return {
    service,
    source,
    spans: within.map((span) => ({
      from: new Date(Math.max(from, span.from)).toISOString(),
      to: new Date(Math.min(to, span.to)).toISOString(),
      rule: span.rule,
      allowance: span.allowance,
    })),
  };
}

function daysThatFit(days: readonly ScheduleDay[]): number {
  let spans = 0;
  const tooMany = days.findIndex(({ rows }, index) => {
    for (const row of rows) spans += row.spans.length + 1;
    return index > 0 && spans > mostSpans;
  });
  return tooMany < 0 ? days.length : tooMany;
}
