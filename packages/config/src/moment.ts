// SPDX-License-Identifier: MIT
// A moment as people say it to a command: `18:40`, `fri 20:55`, `tomorrow 08:00`, or ISO 8601.
import { Temporal } from 'temporal-polyfill';
import { parseEndTime, repairTimes } from './clock-time.ts';
import { instantOf, parseDateTime } from './date-time.ts';
import { dayNumber, unknownDay } from './day-name.ts';
import { accept, type Parsed, refuse } from './parsed.ts';
import { addDays, type LocalDate, localDate, weekday, zonedInstant } from './zoned-time.ts';

/**
 * Milliseconds since the epoch. Times are those that clocks in `zone` show; a date alone is its beginning, and a
 * time without a date (`18:40`, `fri 20:55`) the next moment after `now` at which clocks show it.
 */
export function parseMoment(text: string, now: number, zone: string): Parsed<number> {
  if (/^(?:in )?(?:\d+[dhms])+$/i.test(text.trim())) {
    return refuse(
      `${JSON.stringify(text)} is a length of time.`,
      'Write the moment that it leads to, such as 18:40.',
    );
  }
  const moment = parseStrict(text.trim(), now, zone);
  if (moment.ok) return moment;
  const repaired = repairMoment(text.trim());
  if (repaired === text.trim() || !parseStrict(repaired, now, zone).ok) return moment;
  return refuse(`${JSON.stringify(text)} is not a moment.`, `Write "${repaired}".`);
}

function parseStrict(text: string, now: number, zone: string): Parsed<number> {
  if (text.toLowerCase() === 'now') return accept(now);
  if (/^\d{3,4}[-/.]|^\d{1,2}\.\d{1,2}\.\d{4}/.test(text)) return dated(text, zone);
  const [first = '', second, ...rest] = text.split(/\s+/);
  if (first === '' || rest.length > 0) return notAMoment(text);
  if (second === undefined && /^\d/.test(first)) return shownNext(first, everyDate(now, zone), now, zone);
  const [date, day] = [nearDate(first, now, zone), dayNumber(first)];
  if (date === null && day === null) return second === undefined ? notAMoment(text) : unknownDay(first);
  if (second === undefined) {
    return refuse(`${JSON.stringify(text)} is a whole day.`, `Add the time, such as "${text} 20:00".`);
  }
  if (date !== null) return shownOn(second, date, zone);
  const dates = everyDate(now, zone).filter((one) => weekday(one) === day);
  return shownNext(second, dates, now, zone);
}

function dated(text: string, zone: string): Parsed<number> {
  const moment = parseDateTime(text);
  return moment.ok ? accept(instantOf(moment.value, zone, 0)) : moment;
}

function nearDate(word: string, now: number, zone: string): LocalDate | null {
  const index = ['yesterday', 'today', 'tomorrow'].indexOf(word.toLowerCase());
  return index < 0 ? null : addDays(localDate(zone, now), index - 1);
}

/** From yesterday on, and each day of the week at least twice: the first of them may be over. */
function everyDate(now: number, zone: string): readonly LocalDate[] {
  const today = localDate(zone, now);
  return Array.from({ length: 16 }, (_, i) => addDays(today, i - 1));
}

function shownOn(time: string, date: LocalDate, zone: string): Parsed<number> {
  const second = parseEndTime(time);
  return second.ok ? accept(zonedInstant(zone, date, second.value)) : second;
}

function shownNext(time: string, dates: readonly LocalDate[], now: number, zone: string): Parsed<number> {
  const second = parseEndTime(time);
  if (!second.ok) return second;
  const next = dates
    .flatMap((date) => [zonedInstant(zone, date, second.value), shownAgain(zone, date, second.value)])
    .find((instant) => instant > now);
  return next === undefined ? notAMoment(time) : accept(next);
}

/** When clocks show a time for the last time that day: after they were put back that is the second time. */
function shownAgain(zone: string, date: LocalDate, second: number): number {
  const first = zonedInstant(zone, date, second);
  const shown = Temporal.Instant.fromEpochMilliseconds(first).toZonedDateTimeISO(zone).toPlainDateTime();
  return shown.toZonedDateTime(zone, { disambiguation: 'later' }).epochMilliseconds;
}

function repairMoment(text: string): string {
  return repairTimes(text)
    .replace(/\b(?:at|on|next|um)\s+/gi, '')
    .replace(/\bmidnight\b/i, '24:00')
    .replace(/\bnoon\b/i, '12:00')
    .replace(/,\s*/g, ' ');
}

function notAMoment<T>(text: string): Parsed<T> {
  const remedy = 'Write a time, such as 18:40, "fri 20:55", "tomorrow 08:00" or 2026-12-31T18:00.';
  return refuse(`${JSON.stringify(text)} is not a moment.`, remedy);
}
