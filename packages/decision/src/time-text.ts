// SPDX-License-Identifier: MIT
// Instants as people read them, by the clocks of the configuration's time zone.
import { addDays, localDate, localSecond, weekday } from '@nftoggle/config';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** `18:40`, with seconds only where there are some. */
export function clockText(zone: string, instant: number): string {
  const second = Math.floor(localSecond(zone, instant));
  const parts = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60];
  return (second % 60 === 0 ? parts.slice(0, 2) : parts).map((part) => `${part}`.padStart(2, '0')).join(':');
}

/** `mon 14:30`. */
export function dayText(zone: string, instant: number): string {
  return `${days[weekday(localDate(zone, instant)) - 1]} ${clockText(zone, instant)}`;
}

/** `2026-12-31 18:40`. */
export function dateText(zone: string, instant: number): string {
  return `${localDate(zone, instant)} ${clockText(zone, instant)}`;
}

/** As short as is clear to somebody who reads it at `now`: `18:40` of that day, `sat 10:00` within a week. */
export function momentText(zone: string, instant: number, now: number): string {
  const today = localDate(zone, now);
  const date = localDate(zone, instant);
  if (date === today) return clockText(zone, instant);
  return today < date && date < addDays(today, 7) ? dayText(zone, instant) : dateText(zone, instant);
}
