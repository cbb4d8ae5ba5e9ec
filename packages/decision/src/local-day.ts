// SPDX-License-Identifier: MIT
// Local dates as numbers, so that days can be counted without asking a calendar: 0 is 1970-01-01.
import { daySeconds, type LocalDate, zonedInstant } from '@nftoggle/config';

const dayMilliseconds = daySeconds * 1_000;

export function dayNumber(date: LocalDate): number {
  return Date.parse(`${date}T00:00:00Z`) / dayMilliseconds;
}

export function dateOf(day: number): LocalDate {
  return new Date(day * dayMilliseconds).toISOString().replace(/T.*$/, '');
}

/** 1 is Monday, 7 is Sunday. Day 0 was a Thursday. */
export function weekdayOf(day: number): number {
  return 1 + ((((day + 3) % 7) + 7) % 7);
}

/** When clocks in `zone` show a local second, counted from the beginning of day 0. Never falls as it rises. */
export function instantOf(zone: string, localSecond: number): number {
  if (localSecond === Number.POSITIVE_INFINITY) return localSecond;
  const day = Math.floor(localSecond / daySeconds);
  return zonedInstant(zone, dateOf(day), localSecond - day * daySeconds);
}
