// SPDX-License-Identifier: MIT
// A window on certain dates: `2026-12-31 20:00-02:00`, `2027-01-02..2027-01-05 10:00-12:00`, `2026-12-24`.
import { repairTimes } from './clock-time.ts';
import { formatDateRange, parseDateRange, repairDates } from './date-range.ts';
import { formatDaySpan, isWholeDay, parseDaySpan, wholeDay } from './day-span.ts';
import { accept, type Parsed, refuse } from './parsed.ts';
import type { DatedWindow } from './types.ts';
import { parseWeeklyWindow } from './weekly-window.ts';

/** Dates and times; the whole day where there are no times. */
export function parseDatedWindow(text: string): Parsed<DatedWindow> {
  const window = parseStrict(text);
  if (window.ok) return window;
  const repaired = repairWindow(text);
  if (repaired !== text && parseStrict(repaired).ok) {
    return refuse(`${JSON.stringify(text)} is not a window on a date.`, `Write ${repaired}.`);
  }
  if (!parseWeeklyWindow(text).ok) return window;
  return refuse(`${JSON.stringify(text)} has no date.`, 'Windows of each week belong under "windows".');
}

/** The text that `parseDatedWindow` reads as this window. */
export function formatDatedWindow({ dates, ...span }: DatedWindow): string {
  return isWholeDay(span) ? formatDateRange(dates) : `${formatDateRange(dates)} ${formatDaySpan(span)}`;
}

function parseStrict(text: string): Parsed<DatedWindow> {
  const [datesText = '', spanText, ...rest] = text.split(' ');
  if (rest.length > 0) {
    const remedy = 'Write a date and times, such as 2026-12-31 20:00-02:00.';
    return refuse(`${JSON.stringify(text)} is not a window on a date.`, remedy);
  }
  const dates = parseDateRange(datesText);
  if (!dates.ok) return dates;
  const span = spanText === undefined ? accept(wholeDay) : parseDaySpan(spanText);
  return span.ok ? accept({ dates: dates.value, ...span.value }) : span;
}

function repairWindow(text: string): string {
  const [dates = '', times = ''] = splitAfterDates(repairDates(text.trim()));
  const span = repairTimes(times.trim())
    .replace(/\s*(?:[–—‒−‐‑~]|\.\.+|\b(?:to|until|till|bis)\b)\s*/gi, '-')
    .replace(/\s*-\s*/g, '-');
  return `${dates} ${span}`.trim();
}

function splitAfterDates(text: string): readonly string[] {
  const parts = /^(\d{4}-\d\d-\d\d(?:\.\.\d{4}-\d\d-\d\d)?)(?:T|,|\s)?(.*)$/.exec(text);
  return parts === null ? [text] : parts.slice(1);
}
