// SPDX-License-Identifier: MIT
// "Until when?" as somebody asked it of a grant.
import { parseMoment } from '@nftoggle/config';
import type { Refusal } from '@nftoggle/contracts';

export interface AskedUntil {
  readonly until?: string | undefined;
  readonly seconds?: number | undefined;
}

/** A grant is for a while: what lasts longer is a rule. In milliseconds. */
const longest = 365 * 86_400_000;

/** The end as ISO 8601. */
export function untilOf({ until, seconds }: AskedUntil, now: number, zone: string): string | Refusal {
  if ((until === undefined) === (seconds === undefined)) {
    return wrongTime('A grant needs an end. Say either until when it lasts, or for how long.');
  }
  if (seconds !== undefined) return new Date(now + seconds * 1_000).toISOString();
  const moment = parseMoment(until ?? '', now, zone);
  if (!moment.ok) return wrongTime(`${moment.message} ${moment.remedy}`);
  if (moment.value <= now) {
    return wrongTime(`${shown(until ?? '')} is over. Write a later moment, or for how long.`);
  }
  if (moment.value > now + longest) {
    return wrongTime(`${shown(until ?? '')} is more than a year away. Write a rule for what lasts longer.`);
  }
  return new Date(moment.value).toISOString();
}

function wrongTime(message: string): Refusal {
  return { error: 'wrong_time', message };
}

const shown = (text: string): string => JSON.stringify(text);
