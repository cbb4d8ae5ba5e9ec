// SPDX-License-Identifier: MIT
// Access over time: the walk of decisions, made anew at every instant at which its outcome may change.
import type { Budget } from './account.ts';
import { budgetsOf, type Case, leftOf } from './conditions.ts';
import { forAsker } from './next-allowed.ts';
import { firstEntry, type Outcome, walk } from './walk.ts';
import type { WindowCalendar } from './window-calendar.ts';

/** In milliseconds since the epoch. */
export interface AccessSpan {
  readonly from: number;
  readonly to: number;
  /** Null where it is a grant that allows. */
  readonly rule: string | null;
  /** Seconds that it may be used at most, as far as is known now; null for no limit. */
  readonly allowance: number | null;
  /** The allowance day; null without an allowance. The same sum on another day is another. */
  readonly day: string | null;
}

/** The stretches of time in which the asker is let in, in order. `to` has to be finite. */
export function accessSpans(kase: Case, from: number, to: number): readonly AccessSpan[] {
  const ahead = forAsker(kase);
  const spans: AccessSpan[] = [];
  for (let at = from; at < to; ) {
    const end = Math.min(to, nextEdge(ahead, at));
    const span = accessSpan(ahead, walk(ahead, at), at, end);
    if (span !== null) append(spans, span);
    at = end;
  }
  return spans;
}

function accessSpan(kase: Case, outcome: Outcome, from: number, to: number): AccessSpan | null {
  if (outcome.kind === 'granted') return { from, to, rule: null, allowance: null, day: null };
  if (outcome.kind !== 'allowed') return null;
  const charged = budgetsOf(kase, outcome.entry).filter(
    (budget) => (budget.uncharged?.at(from) ?? null) === null,
  );
  const rule = outcome.rule.path;
  if (charged.length === 0) return { from, to, rule, allowance: null, day: null };
  const left = Math.min(...charged.map((budget) => leftOf(kase, budget, from)));
  return { from, to, rule, allowance: left / 1_000, day: kase.periods.day(from) };
}

function append(spans: AccessSpan[], span: AccessSpan): void {
  const last = spans.at(-1);
  const goesOn =
    last?.to === span.from &&
    last.rule === span.rule &&
    last.allowance === span.allowance &&
    last.day === span.day;
  if (goesOn) spans[spans.length - 1] = { ...last, to: span.to };
  else spans.push(span);
}

/** The first instant after `at` at which a window, a rule, a grant or a day of an allowance begins or ends. */
function nextEdge(kase: Case, at: number): number {
  const { deny, allow, name } = kase.service;
  let next = Number.POSITIVE_INFINITY;
  const edge = (instant: number) => {
    if (instant > at && instant < next) next = instant;
  };
  for (const rule of [...deny, ...allow]) {
    edge(rule.expires);
    if (rule.windows !== null) edge(windowEdge(rule.windows.calendar, at));
  }
  for (const { until } of kase.world.grants(name)) edge(Date.parse(until));
  for (const budget of budgetsOfAll(kase)) {
    edge(kase.periods.span('daily', at).resets);
    if (budget.uncharged !== null) edge(windowEdge(budget.uncharged, at));
  }
  return next;
}

function budgetsOfAll(kase: Case): readonly Budget[] {
  return kase.service.allow.flatMap((rule) => {
    const entry = firstEntry(rule, kase);
    return entry === null ? [] : budgetsOf(kase, entry);
  });
}

function windowEdge(calendar: WindowCalendar, at: number): number {
  return calendar.at(at)?.to ?? calendar.next(at)?.from ?? Number.POSITIVE_INFINITY;
}
