// SPDX-License-Identifier: MIT
// Dates of the calendar, `2026-12-24`, and ranges of them, `2026-12-24..2027-01-06`.
import { Temporal } from 'temporal-polyfill';
import { accept, type Parsed, refuse } from './parsed.ts';
import type { DateRange } from './types.ts';
import type { LocalDate } from './zoned-time.ts';

export function parseDate(text: string): Parsed<LocalDate> {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (parts === null) return refuse(`${JSON.stringify(text)} is not a date.`, formRemedy(text));
  const [year = 0, month = 0, day = 0] = parts.slice(1).map(Number);
  if (month < 1 || month > 12) return refuse(`"${text}" is not a date.`, 'Months go from 01 to 12.');
  const { daysInMonth } = Temporal.PlainDate.from({ year, month, day: 1 });
  if (day >= 1 && day <= daysInMonth) return accept(text);
  return refuse(`"${text}" is not a date.`, `${monthNames[month - 1]} ${year} has ${daysInMonth} days.`);
}

/** One date, or two with `..` between them; both ends are included. */
export function parseDateRange(text: string): Parsed<DateRange> {
  const [firstText = '', lastText = firstText, ...rest] = text.split('..');
  const first = parseDate(firstText);
  const last = parseDate(lastText);
  if (!first.ok || !last.ok || rest.length > 0) return wrongRange(text, first.ok ? last : first);
  if (first.value <= last.value) return accept({ first: first.value, last: last.value });
  return refuse(`"${text}" runs backwards.`, `Write ${last.value}..${first.value}.`);
}

/** The text that `parseDateRange` reads as this range. */
export function formatDateRange({ first, last }: DateRange): string {
  return first === last ? first : `${first}..${last}`;
}

/** Ranges as people write them elsewhere (`2026-12-24 - 2026-12-26`, `24.12.2026 to 26.12.2026`), turned into ours. */
export function repairDates(text: string): string {
  return text
    .replace(/\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b/g, (_, day, month, year) => isoDate(year, month, day))
    .replace(/\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/g, (_, year, month, day) =>
      isoDate(year, month, day),
    )
    .replace(
      /(\d{4}-\d\d-\d\d)\s*(?:-|[–—‒−…/]|\.{1,3}|\b(?:to|until|till|through|thru|bis)\b)\s*(?=\d{4}-\d\d-\d\d)/gi,
      '$1..',
    );
}

function wrongRange(text: string, wrong: Parsed<LocalDate>): Parsed<DateRange> {
  const repaired = repairDates(text.trim());
  if (repaired !== text && parseDateRange(repaired).ok) {
    return refuse(`${JSON.stringify(text)} is not a date or a range of dates.`, `Write ${repaired}.`);
  }
  if (/^\.\.|\.\.$/.test(text)) {
    const remedy = 'Write both dates: 2026-12-24..2027-01-06.';
    return refuse(`${JSON.stringify(text)} is a range of dates without both ends.`, remedy);
  }
  if (!wrong.ok) return wrong;
  return refuse(`${JSON.stringify(text)} is not a range of dates.`, 'Write it like 2026-12-24..2027-01-06.');
}

function formRemedy(text: string): string {
  const repaired = repairDates(text.trim());
  const known = repaired !== text && parseDate(repaired).ok;
  return known ? `Write ${repaired}.` : 'Write year, month and day, such as 2026-12-24.';
}

function isoDate(year: string, month: string, day: string): string {
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
