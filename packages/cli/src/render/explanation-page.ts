// SPDX-License-Identifier: MIT
import type { Explanation } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { columns } from './columns.ts';
import { timeLeft } from './time-left.ts';

/** The decision first, in one sentence; then each condition in the order it was looked at. */
export function explanationPage(explanation: Explanation, now: Date, paint: Paint): string {
  const { decision, checks, text } = explanation;
  const colour = decision === 'allow' ? 'green' : 'red';
  const rows = checks.map(({ rule, condition, passed }) => [
    passed ? paint('green', '  ✓') : paint('red', '  ✗'),
    rule,
    condition,
  ]);
  return [paint(colour, text), ...facts(explanation, now), ...columns(rows)].join('\n');
}

function facts({ source, service, rule, reason, until, revision }: Explanation, now: Date): string[] {
  const mac = source.mac === undefined ? '' : ` (${source.mac})`;
  const rows = [
    ['  source', `${source.address}${mac}`],
    ['  service', service],
    ['  rule', rule ?? `none (${reason})`],
    ...(until === null ? [] : [['  until', `in ${timeLeft(until, now)}`]]),
    ['  revision', revision],
  ];
  return columns(rows);
}
