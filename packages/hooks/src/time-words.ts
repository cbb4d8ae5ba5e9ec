// SPDX-License-Identifier: MIT
// Times and spans as people read them, by the clocks of the configuration's time zone.
import { addDays, localDate, localSecond, weekday } from '@nftoggle/config';

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** As short as is clear to somebody who reads it at `now`: `18:40`, `Sat 10:00` within a week, else with its date. */
export function momentWords(zone: string, instant: string, now: string): string {
  const [at, read] = [Date.parse(instant), Date.parse(now)];
  const minute = Math.floor(localSecond(zone, at) / 60);
  const clock = [Math.floor(minute / 60), minute % 60].map((part) => `${part}`.padStart(2, '0')).join(':');
  const [date, today] = [localDate(zone, at), localDate(zone, read)];
  if (date === today) return clock;
  const soon = today < date && date < addDays(today, 7);
  return `${soon ? days[weekday(date) - 1] : date} ${clock}`;
}

/** `1 h 20 min`, `45 s`: the two largest units. */
export function spanWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60)
    return whole < 600 && whole % 60 !== 0
      ? `${Math.floor(whole / 60)} min ${whole % 60} s`
      : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const restHours = hours % 24;
  return restHours === 0 ? `${hours / 24} days` : `${Math.floor(hours / 24)} days ${restHours} h`;
}
