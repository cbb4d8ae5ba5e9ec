// SPDX-License-Identifier: MIT
import { localDate } from '@nftoggle/config';
import { clockText, dayText } from './local-time.ts';

/** `Mon 23 Nov 18:40`, of the past; times of other years say the year in the pages that show them. */
export function pastText(instant: string, zone: string): string {
  const at = Date.parse(instant);
  return `${dayText(localDate(zone, at))} ${clockText(at, zone)}`;
}
