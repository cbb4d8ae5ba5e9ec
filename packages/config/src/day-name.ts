// SPDX-License-Identifier: MIT
// Days of the week: `mon`, `Monday`, `sat-sun`, `mon,wed,fri-sat`.
import { accept, type Parsed, refuse } from './parsed.ts';
import { suggest } from './suggest.ts';

const fullNames = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
const shortNames = fullNames.map((name) => name.slice(0, 3));

/** ISO 8601 numbers: 1 is Monday, 7 is Sunday. Each once, ascending, at least one. */
export type Days = readonly number[];

export const everyDay: Days = [1, 2, 3, 4, 5, 6, 7];

/** Days and ranges of days with commas between them. A range may run over the end of the week. */
export function parseDays(text: string): Parsed<Days> {
  const parts = text.split(',');
  if (parts.some((part) => part === '' || part.startsWith('-') || part.endsWith('-'))) {
    return refuse(`${JSON.stringify(text)} is not a list of days.`, 'Write it like mon-fri or mon,wed.');
  }
  const days = new Set<number>();
  for (const part of parts) {
    const range = parseRange(part);
    if (!range.ok) return range;
    for (const day of range.value) days.add(day);
  }
  return accept([...days].sort());
}

/** 1 to 7; null for what is no day's name. */
export function dayNumber(text: string): number | null {
  const name = text.toLowerCase();
  const index = Math.max(shortNames.indexOf(name), fullNames.map(String).indexOf(name));
  return index < 0 ? null : index + 1;
}

/** The text that `parseDays` reads as these days: runs of them as ranges, over the end of the week as well. */
export function formatDays(days: Days): string {
  const runs: Run[] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run?.[1] === day - 1) runs[runs.length - 1] = [run[0], day];
    else runs.push([day, day]);
  }
  return aroundTheWeek(runs)
    .map(([first, last]) => (first === last ? nameOf(first) : `${nameOf(first)}-${nameOf(last)}`))
    .join();
}

type Run = readonly [first: number, last: number];

/** Sunday to Thursday are one run, not two. */
function aroundTheWeek(runs: readonly Run[]): readonly Run[] {
  const [first, ...others] = runs;
  const last = others.at(-1);
  if (first?.[0] !== 1 || last?.[1] !== 7) return runs;
  return [...others.slice(0, -1), [last[0], first[1]]];
}

export function unknownDay<T>(text: string): Parsed<T> {
  const near = nearDay(text);
  const remedy = near === null ? `The days are ${shortNames.join(', ')}.` : `Did you mean "${near}"?`;
  return refuse(`${JSON.stringify(text)} is not a day.`, remedy);
}

function parseRange(text: string): Parsed<Days> {
  const [firstText = '', lastText = firstText, ...rest] = text.split('-');
  if (rest.length > 0) {
    return refuse(`${JSON.stringify(text)} is not a range of days.`, 'Write it like mon-fri.');
  }
  const [first, last] = [dayNumber(firstText), dayNumber(lastText)];
  if (first === null) return unknownDay(firstText);
  if (last === null) return unknownDay(lastText);
  if (first === last && text.includes('-')) {
    return refuse(`"${text}" is one day, or is it all of them?`, `Write ${nameOf(first)} or mon-sun.`);
  }
  const count = ((last - first + 7) % 7) + 1;
  return accept(Array.from({ length: count }, (_, i) => ((first - 1 + i) % 7) + 1));
}

function nameOf(day: number): string {
  return shortNames[day - 1] ?? '';
}

/** `tues`, `thur` and the like are the beginning of a day's name and more than its short form. */
function nearDay(text: string): string | null {
  const name = text.toLowerCase().replace(/\.$/, '');
  const begun =
    name.length > 1
      ? shortNames.find((short, i) => fullNames[i]?.startsWith(name) || name === `${short}s`)
      : undefined;
  if (begun !== undefined) return begun;
  return suggest(name, name.length > 4 ? fullNames : shortNames);
}
