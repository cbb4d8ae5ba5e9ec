// SPDX-License-Identifier: MIT
// A window that recurs each week: `fri 18:00-23:30`, `mon,wed 16:00-18:00`, `22:00-02:00`, `sat-sun`.
import { repairTimes } from './clock-time.ts';
import { parseDate } from './date-range.ts';
import { everyDay, formatDays, parseDays } from './day-name.ts';
import { formatDaySpan, isWholeDay, parseDaySpan, wholeDay } from './day-span.ts';
import { accept, type Parsed, refuse } from './parsed.ts';
import type { WeeklyWindow } from './types.ts';

/** Days and times; every day where there are no days, the whole day where there are no times. */
export function parseWeeklyWindow(text: string): Parsed<WeeklyWindow> {
  const window = parseStrict(text);
  if (window.ok) return window;
  const repaired = repairWindow(text);
  if (text.trim() !== '' && repaired !== text && parseStrict(repaired).ok) {
    return refuse(`${JSON.stringify(text)} is not a window.`, `Write ${quoted(repaired)}.`);
  }
  return window;
}

/** The text that `parseWeeklyWindow` reads as this window. */
export function formatWeeklyWindow({ days, ...span }: WeeklyWindow): string {
  if (days.length === everyDay.length) return formatDaySpan(span);
  return isWholeDay(span) ? formatDays(days) : `${formatDays(days)} ${formatDaySpan(span)}`;
}

/** In a list `[mon,wed 16:00-18:00]` the comma ends an entry, so what holds one has to be quoted. */
export function quoted(window: string): string {
  return window.includes(',') ? `"${window}"` : window;
}

function parseStrict(text: string): Parsed<WeeklyWindow> {
  const [first = '', second, ...rest] = text.split(' ');
  if (first === '' || rest.length > 0) return notAWindow(text);
  if (parseDate(first.split('..')[0] ?? '').ok) {
    return refuse(
      `${JSON.stringify(text)} is of one year only.`,
      'Only "also" of a rule takes windows on certain dates.',
    );
  }
  const [daysText, spanText] = /^\d/.test(first) && second === undefined ? [null, first] : [first, second];
  const days = daysText === null ? accept(everyDay) : parseDays(daysText);
  if (!days.ok) return days;
  const span = spanText === undefined ? accept(wholeDay) : parseDaySpan(spanText);
  return span.ok ? accept({ days: days.value, ...span.value }) : span;
}

function notAWindow<T>(text: string): Parsed<T> {
  const remedy =
    (text.match(/\d\s*-\s*\d/g) ?? []).length > 1
      ? 'Write each span of time as an entry of its own.'
      : 'Write days, times or both, such as fri 18:00-23:30, sat-sun or 16:00-18:00.';
  return refuse(`${JSON.stringify(text)} is not a window.`, remedy);
}

const words: readonly (readonly [RegExp, string])[] = [
  [/\b(?:all|whole|full)[- ]?day(?: long)?\b|(?<![-–\d] ?)24h$/g, '00:00-24:00'],
  [/\b(?:every ?day|daily|always)\b/g, ''],
  [/\bweekdays?\b|\bwork(?:ing)? ?days?\b/g, 'mon-fri'],
  [/\bweekends?\b/g, 'sat-sun'],
  [/\b(mon|tues|wednes|thurs|fri|satur|sun)days\b/g, '$1day'],
  [/\bmidnight\b/g, '24:00'],
  [/\bnoon\b/g, '12:00'],
];

/** Windows as people write them elsewhere, turned into ours as far as can be told. */
function repairWindow(text: string): string {
  const plain = words.reduce((now, [word, ours]) => now.replace(word, ours), text.toLowerCase());
  const joined = repairTimes(plain)
    .replace(/\s*(?:[–—‒−‐‑~]|\.\.+|\b(?:to|until|till|through|thru|bis)\b)\s*/g, '-')
    .replace(/\s*-\s*/g, '-')
    .replace(/\s*(?:[,;&+/]|\band\b)\s*/g, ',')
    .replace(/\b(?:from|on|at)\b|:(?=\s)/g, ' ')
    .replace(/([a-z])[ ,]*(?=\d)/g, '$1 ')
    .replace(/\b([a-z]{3,9}) (?=[a-z])/g, '$1,');
  return joined
    .trim()
    .replace(/\s+/g, ' ')
    .replace(
      /(?<=^| )(\d{1,2})-(\d{1,2})$/,
      (_, from, to) => `${from.padStart(2, '0')}:00-${to.padStart(2, '0')}:00`,
    )
    .replace(/(?<=^| )24:00-/, '00:00-')
    .replace(/^(\d[\d:]+-[\d:]+),? ?([a-z][a-z,-]*)$/, '$2 $1')
    .replace(/^$/, '00:00-24:00');
}
