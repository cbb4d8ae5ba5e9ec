// SPDX-License-Identifier: MIT
import type { AllowanceBalance, Allowances, PeriodBalance } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { columns, textWidth } from './columns.ts';
import { durationText } from './duration-text.ts';
import { momentText } from './local-time.ts';
import type { PageFrame } from './page-frame.ts';

/** Below this, in seconds, what is left is worth a colour. */
const running = 15 * 60;

/** For each account first what everybody asks for, how much is left; below it how that comes about. */
export function allowancesPage({ allowances, timezone, problem }: Allowances, frame: PageFrame): string {
  const { paint } = frame;
  const trouble =
    problem === null
      ? []
      : [
          `${paint('red', 'problem:')} ${problem}`,
          'Until this is solved, rules with an allowance let nobody in.',
          '',
        ];
  if (allowances.length === 0)
    return [...trouble, 'no allowance is configured: no time is counted'].join('\n');
  const periods = periodLines(allowances, timezone, frame);
  const blocks = allowances.map((balance, index) =>
    [headline(balance, paint), ...(periods[index] ?? [])].join('\n'),
  );
  return [...trouble, blocks.join('\n\n')].join('\n');
}

function headline({ who, services, left, uncharged }: AllowanceBalance, paint: Paint): string {
  const what = services.length === 0 ? '' : ` for ${services.join(', ')}`;
  const free = uncharged ? paint('green', '; use is free just now') : '';
  return `${paint('bold', who)} has ${leftText(left, paint)}${what}${free}`;
}

function leftText(left: number, paint: Paint): string {
  if (left <= 0) return paint('red', 'nothing left');
  return paint(left < running ? 'yellow' : 'green', `${atLeast(left)} left`);
}

/** The lines of each account, in the same columns for all. */
function periodLines(
  allowances: readonly AllowanceBalance[],
  zone: string,
  { now, width }: PageFrame,
): string[][] {
  const rows = allowances.flatMap(({ periods }) => periods.map(periodCells));
  const resets = allowances.flatMap(({ periods }) =>
    periods.map(({ resets }) => resetText(momentText(resets, now, zone))),
  );
  const lines = besideOrBelow(columns(rows), resets, width);
  let next = 0;
  return allowances.map(({ periods }) => periods.flatMap(() => lines[next++] ?? []));
}

/** Most days begin at midnight, which goes without saying. */
function resetText(moment: string): string {
  return `resets ${moment.replace(/ 00:00$/, '')}`;
}

/** Puts each text behind its line where all fit, or else below it. */
function besideOrBelow(lines: readonly string[], texts: readonly string[], width: number): string[][] {
  const beside = columns(lines.map((line, index) => [line, texts[index] ?? '']));
  if (beside.every((line) => textWidth(line) <= width)) return beside.map((line) => [line]);
  return lines.map((line, index) => [line, `${' '.repeat(textIndent)}${texts[index]}`]);
}

const names = { daily: 'today', weekly: 'this week', monthly: 'this month' } as const;
const textIndent = 6;

function periodCells({ period, size, bonus, used, left }: PeriodBalance): string[] {
  return [
    `  ${names[period]}`,
    left <= 0 ? 'nothing left' : `${atLeast(left)} left`,
    `used ${atMost(used)} of ${atMost(size)}${bonusText(bonus)}`,
  ];
}

function bonusText(bonus: number): string {
  if (bonus === 0) return '';
  return bonus > 0 ? ` + ${atMost(bonus)} bonus` : ` - ${atMost(-bonus)}`;
}

/** Whole minutes, so rounded that nobody has less than is said, and what is used and what is left are all. */
function atLeast(seconds: number): string {
  return durationText(seconds < 100 ? Math.floor(seconds) : seconds - (seconds % 60));
}

function atMost(seconds: number): string {
  if (seconds === 0) return '0 min';
  return durationText(seconds < 100 ? Math.ceil(seconds) : Math.ceil(seconds / 60) * 60);
}
