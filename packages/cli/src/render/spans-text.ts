// SPDX-License-Identifier: MIT
import { formatDuration } from '@nftoggle/config';
import type { ScheduleSpan } from '@nftoggle/contracts';
import { clockText } from './local-time.ts';

interface Group {
  readonly spans: ScheduleSpan[];
  readonly allowance: number | null;
}

/** Instants in milliseconds; nothing before `from` is told of the day. */
export interface DayFrame {
  readonly from: number;
  readonly to: number;
  readonly zone: string;
}

/** `10:00-12:00 14:00-18:00, max 2h`: when it is open on a day; empty when it is not. */
export function spansText(spans: readonly ScheduleSpan[], frame: DayFrame): string {
  return grouped(joined(spans))
    .map(({ spans, allowance }) => {
      const times = spans.map((span) => timeText(span, frame));
      return times.join(' ') + allowanceText(allowance);
    })
    .join('; ');
}

/** In the order of time; of two rules that take turns nobody notices where one ends. */
function joined(spans: readonly ScheduleSpan[]): ScheduleSpan[] {
  const all: ScheduleSpan[] = [];
  for (const span of [...spans].sort((a, b) => Date.parse(a.from) - Date.parse(b.from))) {
    const last = all.at(-1);
    const goesOn = last !== undefined && last.allowance === null && span.allowance === null;
    if (goesOn && Date.parse(span.from) <= Date.parse(last.to)) {
      const to = Date.parse(span.to) > Date.parse(last.to) ? span.to : last.to;
      all[all.length - 1] = { ...last, to };
    } else all.push(span);
  }
  return all;
}

/** Spans that share an allowance name it once. What touches its like belongs to another day of allowances. */
function grouped(spans: readonly ScheduleSpan[]): Group[] {
  const groups: Group[] = [];
  for (const span of spans) {
    const last = groups.at(-1);
    const touches = last?.spans.at(-1)?.to === span.from;
    if (last !== undefined && last.allowance === span.allowance && !touches) last.spans.push(span);
    else groups.push({ spans: [span], allowance: span.allowance });
  }
  return groups;
}

function timeText(span: ScheduleSpan, { from, to, zone }: DayFrame): string {
  const [begin, end] = [Math.max(from, Date.parse(span.from)), Date.parse(span.to)];
  if (begin === from && end >= to) return 'all day';
  return `${clockText(begin, zone)}-${end >= to ? '24:00' : clockText(end, zone)}`;
}

function allowanceText(seconds: number | null): string {
  if (seconds === null) return '';
  return `, max ${formatDuration(seconds < 100 ? Math.floor(seconds) : seconds - (seconds % 60))}`;
}
