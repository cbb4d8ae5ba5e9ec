// SPDX-License-Identifier: MIT
// Instants as people in the time zone of the configuration call them.
import { addDays, localDate, localSecond, weekday, zonedInstant } from '@nftoggle/config';

const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const monthNames = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `18:40`; a time that the clock shows twice says so the second time. */
export function clockText(instant: number, zone: string): string {
  const second = Math.floor(localSecond(zone, instant));
  const first = zonedInstant(zone, localDate(zone, instant), second);
  return `${clockFace(second)}${Math.floor(instant / 1_000) * 1_000 > first ? ' (the second time)' : ''}`;
}

/** 59,400 seconds after midnight are `16:30`. */
export function clockFace(second: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(second / 3_600)}:${two((second % 3_600) / 60)}`;
}

/** `Sun 29 Mar`. */
export function dayText(date: string): string {
  const [, month = 1, day = 1] = date.split('-').map(Number);
  return `${dayNames[weekday(date) - 1]} ${day} ${monthNames[month - 1]}`;
}

/** `18:40`, `tomorrow 18:40`, `Fri 18:40`, `Fri 27 Nov 18:40`: no more than it takes to know which day. */
export function momentText(instant: string, now: Date, zone: string): string {
  const then = Date.parse(instant);
  const day = relativeDay(localDate(zone, then), localDate(zone, now.getTime()));
  return `${day === '' ? '' : `${day} `}${clockText(then, zone)}`;
}

function relativeDay(date: string, today: string): string {
  if (date === today) return '';
  if (date === addDays(today, 1)) return 'tomorrow';
  if (date > today && date < addDays(today, 7)) return dayNames[weekday(date) - 1] ?? '';
  const year = date.slice(0, 4);
  return year === today.slice(0, 4) ? dayText(date) : `${dayText(date)} ${year}`;
}
