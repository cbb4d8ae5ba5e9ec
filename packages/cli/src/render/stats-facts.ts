// SPDX-License-Identifier: MIT
import { localDate } from '@nftoggle/config';
import type { StatsStatus } from '@nftoggle/contracts';
import { bytesText, countText } from './figures.ts';

/** What is kept of the past, and how far it is behind. */
export function statsFacts({ file, bytes, events, oldest, waiting }: StatsStatus, zone: string): string[] {
  const since = oldest === null ? '' : ` since ${localDate(zone, Date.parse(oldest))}`;
  const late = waiting === null || waiting === 0 ? '' : `; ${countText(waiting)} more wait to be stored`;
  const count = events === 1 ? '1 event' : `${countText(events)} events`;
  return [`statistics: ${count}${since}, ${bytesText(bytes)} in ${file}${late}`];
}
