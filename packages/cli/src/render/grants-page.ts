// SPDX-License-Identifier: MIT
import type { GrantList } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { columns } from './columns.ts';
import { momentText } from './local-time.ts';
import { printable } from './printable.ts';
import { timeLeft } from './time-left.ts';

const titles = ['ID', 'SERVICE', 'SOURCE', 'LEFT', 'UNTIL', 'BY', 'WHY'];

export function grantsPage({ grants, timezone }: GrantList, now: Date, paint: Paint): string {
  if (grants.length === 0) return 'no grant is open: the rules alone say who may come in';
  const rows = [...grants]
    .sort((a, b) => Date.parse(a.until) - Date.parse(b.until))
    .map(({ id, service, source, until, by, why }) => [
      id,
      service,
      source,
      timeLeft(until, now),
      momentText(until, now, timezone),
      printable(by),
      why === null ? '' : printable(why),
    ]);
  const count = rows.length === 1 ? '1 grant is open' : `${rows.length} grants are open`;
  return [
    `${count} (times in ${timezone})`,
    ...columns([titles.map((title) => paint('dim', title)), ...rows]),
  ].join('\n');
}
