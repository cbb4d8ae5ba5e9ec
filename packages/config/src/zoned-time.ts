// SPDX-License-Identifier: MIT
// What a clock on the wall of some time zone shows, and when. A clock that is put forward or back shows some
// times never and some twice; here is what such times mean, everywhere in nftoggle.
import { Temporal } from 'temporal-polyfill';

/** `2026-12-24`. */
export type LocalDate = string;

export const daySeconds = 86_400;

/**
 * The instant, in milliseconds since the epoch, at which clocks in `zone` show `secondOfDay` of `date`. Seconds
 * from 86,400 on are of the next day. A time that is skipped is when the clock is put forward; of a time that
 * is shown twice the first counts.
 */
export function zonedInstant(zone: string, date: LocalDate, secondOfDay: number): number {
  const days = Math.floor(secondOfDay / daySeconds);
  const plain = Temporal.PlainDate.from(date)
    .add({ days })
    .toPlainDateTime()
    .add({ seconds: secondOfDay - days * daySeconds });
  const earlier = plain.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (earlier.toPlainDateTime().equals(plain)) return earlier.epochMilliseconds;
  // `earlier` of a skipped time is before the change, by as much as the clock is put forward.
  return earlier.getTimeZoneTransition('next')?.epochMilliseconds ?? earlier.epochMilliseconds;
}

/** The date that clocks in `zone` show at an instant. */
export function localDate(zone: string, instant: number): LocalDate {
  return zoned(zone, instant).toPlainDate().toString();
}

/** The second of the day that clocks in `zone` show, with its fraction. */
export function localSecond(zone: string, instant: number): number {
  const { hour, minute, second, millisecond } = zoned(zone, instant);
  return hour * 3_600 + minute * 60 + second + millisecond / 1_000;
}

export function addDays(date: LocalDate, days: number): LocalDate {
  return Temporal.PlainDate.from(date).add({ days }).toString();
}

/** 1 is Monday, 7 is Sunday (ISO 8601). */
export function weekday(date: LocalDate): number {
  return Temporal.PlainDate.from(date).dayOfWeek;
}

function zoned(zone: string, instant: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);
}
