// SPDX-License-Identifier: MIT
// One moment as ISO 8601 writes it: with an offset, or by the clocks of a time zone that is not known yet.
import { parseEndTime, repairTimes } from './clock-time.ts';
import { parseDate, repairDates } from './date-range.ts';
import { accept, type Parsed, refuse } from './parsed.ts';
import { type LocalDate, zonedInstant } from './zoned-time.ts';

export type DateTime =
  /** Milliseconds since the epoch. */
  | { readonly kind: 'instant'; readonly at: number }
  /** Seconds after midnight; null for a date alone. */
  | { readonly kind: 'local'; readonly date: LocalDate; readonly second: number | null };

/** `2026-12-31`, `2026-12-31T18:00`, with a space for the T, with seconds, and with `Z` or an offset. */
export function parseDateTime(text: string): Parsed<DateTime> {
  const parsed = parseStrict(text);
  if (parsed.ok) return parsed;
  const repaired = repairTimes(repairDates(text.trim())).replace(/,? +(?=\d\d:)/, 'T');
  if (repaired === text || !parseStrict(repaired).ok) return parsed;
  return refuse(`${JSON.stringify(text)} is not a moment.`, `Write ${repaired}.`);
}

/** `dateAlone`: the second of the day that a date without a time stands for. */
export function instantOf(moment: DateTime, zone: string, dateAlone: number): number {
  if (moment.kind === 'instant') return moment.at;
  return zonedInstant(zone, moment.date, moment.second ?? dateAlone);
}

function parseStrict(text: string): Parsed<DateTime> {
  const parts = /^([^T ]+)[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/i.exec(text);
  const [, dateText = text, timeText, fraction = '', offset] = parts ?? [];
  const date = parseDate(dateText);
  if (!date.ok) return parts === null && /[T ]/.test(text) ? notAMoment(text) : date;
  if (timeText === undefined) return accept({ kind: 'local', date: date.value, second: null });
  const second = parseEndTime(timeText);
  if (!second.ok) return second;
  if (offset === undefined && fraction === '') {
    return accept({ kind: 'local', date: date.value, second: second.value });
  }
  return offset === undefined ? notAMoment(text) : atOffset(text, date.value, second.value, fraction, offset);
}

function atOffset(
  text: string,
  date: LocalDate,
  second: number,
  fraction: string,
  offset: string,
): Parsed<DateTime> {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)$/.exec(offset) ?? [];
  const minutesEast = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  if (Number(hours) > 14 || Number(minutes) > 59) {
    return refuse(`"${text}" has no offset that exists.`, 'Offsets go up to 14 hours, such as +02:00.');
  }
  const utc = zonedInstant('UTC', date, second) + Math.floor(Number(`0${fraction}`) * 1_000);
  return accept({ kind: 'instant', at: utc - minutesEast * 60_000 });
}

function notAMoment<T>(text: string): Parsed<T> {
  const remedy = 'Write it like 2026-12-31 or 2026-12-31T18:00.';
  return refuse(`${JSON.stringify(text)} is not a moment.`, remedy);
}
