// SPDX-License-Identifier: MIT
import { type Explanation, reasons } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { boundTexts } from './bound-text.ts';
import { columns } from './columns.ts';
import { momentText } from './local-time.ts';
import { timeLeft } from './time-left.ts';

export interface ExplanationFrame {
  readonly now: Date;
  readonly paint: Paint;
  /** What the one who asks should know of the answer as a whole. */
  readonly notes?: readonly string[];
}

/** The decision first, in one sentence; then what it says; then each condition in the order it was looked at. */
export function explanationPage(
  explanation: Explanation,
  { now, paint, notes = [] }: ExplanationFrame,
): string {
  const { decision, checks, text } = explanation;
  const rows = checks.map(({ rule, condition, passed }) => [
    passed ? paint('green', '  ✓') : paint('red', '  ✗'),
    rule,
    condition,
  ]);
  return [
    paint(decision === 'allow' ? 'green' : 'red', text),
    ...columns(facts(explanation, now)),
    ...columns(rows),
    ...notes.map((note) => `${paint('yellow', 'note:')} ${note}`),
  ].join('\n');
}

/** Stands for the address of a device of which none is configured. */
const noAddress = '0.0.0.0';

function facts(explanation: Explanation, now: Date): string[][] {
  const { source, service, rule, grant, reason, accounts, revision } = explanation;
  const mac = source.mac === undefined ? '' : ` (${source.mac})`;
  const address = source.address === noAddress ? 'no address is known' : source.address;
  return [
    ['  source', `${address}${mac}`],
    ['  service', service],
    ...atRow(explanation, now),
    ['  reason', `${reason}: ${reasons[reason]}`],
    ...(grant === null ? [['  rule', rule ?? 'none']] : [['  grant', grant]]),
    ...(grant === null || rule === null ? [] : [['  overrides', rule]]),
    ...endRow(explanation, now),
    ...(accounts.length === 0 ? [] : [['  charged to', accounts.join(', ')]]),
    ['  revision', revision],
  ];
}

/** A question about the same minute is one about now: the answer was on its way for a moment. */
function isAboutNow({ at }: Explanation, now: Date): boolean {
  return Math.abs(Date.parse(at) - now.getTime()) < 60_000;
}

function atRow(explanation: Explanation, now: Date): string[][] {
  if (isAboutNow(explanation, now)) return [];
  const { at, timezone } = explanation;
  return [['  asked about', `${momentText(at, now, timezone)} (${timezone})`]];
}

function endRow(explanation: Explanation, now: Date): string[][] {
  const { decision, until, bound, next_allowed, at, timezone } = explanation;
  const told = (instant: string): string => {
    const wait = timeLeft(instant, new Date(at));
    const when = isAboutNow(explanation, now) ? `in ${wait}` : `${wait} later`;
    return `${momentText(instant, now, timezone)} (${timezone}), ${when}`;
  };
  if (decision === 'deny')
    return [
      ['  next allowed', next_allowed === null ? 'never, as far as can be foreseen' : told(next_allowed)],
    ];
  if (until === null) return [];
  return [['  until', `${told(until)}${bound === null ? '' : `: ${boundTexts[bound]}`}`]];
}
