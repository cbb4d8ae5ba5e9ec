// SPDX-License-Identifier: MIT
import { eventStream } from '@nftoggle/contracts';
import type { Calendar } from './calendar.ts';

const dayMs = 86_400_000;
const minuteDays = 2;
/** So that the last 90 days are told by the hour, whenever in the day one asks. */
const hourDays = 92;
const sourceHourDays = 8;

/** Days that an id is known after its event went: longer than the stream could bring it again. */
export const idDays = eventStream.maxAge / dayMs + 1;

/** Since when what is kept, in milliseconds of the epoch. Sums by day are kept for ever. */
export interface Horizons {
  readonly minutes: number;
  /** Where a day begins: hours of a day go all at once. */
  readonly hours: number;
  /** Of sums by source; where a day begins. */
  readonly sourceHours: number;
  /** Events and all else that has addresses in it. */
  readonly events: number;
}

/** @param keep in seconds */
export function horizonsAt(now: number, calendar: Calendar, keep: number): Horizons {
  const daysAgo = (days: number): number => calendar.floor('day', now - days * dayMs);
  return {
    minutes: calendar.floor('minute', now - minuteDays * dayMs),
    hours: daysAgo(hourDays),
    sourceHours: daysAgo(sourceHourDays),
    events: now - keep * 1_000,
  };
}
