// SPDX-License-Identifier: MIT
import type { DenialsPage } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { columns } from './columns.ts';
import { countText } from './figures.ts';
import { pastText } from './past-time.ts';
import { refusalTexts } from './reason-text.ts';
import { nameOf } from './sessions-table.ts';

const titles = ['LAST', 'SERVICE', 'WHO', 'PACKETS', 'WHY'];

/** A line for each source that was refused, newest first. */
export function denialsTable({ denials, next }: DenialsPage, zone: string, paint: Paint): string {
  if (denials.length === 0) return 'nobody was refused in that time';
  const rows = denials.map((denial) => [
    pastText(denial.last, zone),
    denial.service,
    nameOf(denial),
    countText(denial.count),
    `${refusalTexts[denial.reason]}${denial.enforced ? '' : paint('yellow', ' (passed all the same)')}`,
  ]);
  return [
    ...columns([titles.map((title) => paint('dim', title)), ...rows]),
    ...(next === null ? [] : ['… and more: --limit, or nftoggle stats export denials']),
  ].join('\n');
}
