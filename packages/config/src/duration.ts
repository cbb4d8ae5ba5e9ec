// SPDX-License-Identifier: MIT
import { accept, type Parsed, refuse } from './parsed.ts';

const unitSeconds = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;
export const shortestDuration = 1;
export const longestDuration = 365 * unitSeconds.d;

/** `90s`, `15m`, `4h`, `2d`, `1h30m`: seconds. Whole numbers, biggest unit first. */
export function parseDuration(text: string): Parsed<number> {
  const total = secondsOf(text);
  if (total === null) return refuse(`${JSON.stringify(text)} is not a duration.`, remedyFor(text));
  if (total < shortestDuration) return refuse(`"${text}" is too short.`, 'The shortest duration is 1s.');
  if (total > longestDuration) return refuse(`"${text}" is too long.`, 'The longest duration is 365d.');
  return accept(total);
}

/** The same, and `0` for none at all, up to `longest`; `why` says why no more. */
export function parseBudget(input: string | number, longest: number, why: string): Parsed<number> {
  const text = String(input);
  const total = text === '0' ? 0 : secondsOf(text);
  if (total === null) return refuse(`${JSON.stringify(text)} is not a duration.`, remedyFor(text));
  return total > longest ? refuse(`"${text}" is too long.`, why) : accept(total);
}

const day = unitSeconds.d;

/** From a day to ten years, each of 365 days: `90d`, `2y`. Years stand alone. */
export function parseRetention(text: string): Parsed<number> {
  const years = /^(\d{1,3})y$/.exec(text)?.[1];
  const total = years === undefined ? secondsOf(text) : Number(years) * 365 * day;
  if (total === null) return refuse(`${JSON.stringify(text)} is not a duration.`, retentionRemedy(text));
  if (total < day) return refuse(`"${text}" is too short.`, 'The shortest is 1d.');
  return total > 3_650 * day ? refuse(`"${text}" is too long.`, 'The longest is 10y.') : accept(total);
}

/** The shortest text that `parseDuration` reads as so many seconds: 5400 is `1h30m`, and 0 is `0s`. */
export function formatDuration(seconds: number): string {
  let rest = seconds;
  let text = '';
  for (const [unit, size] of Object.entries(unitSeconds)) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}

function secondsOf(text: string): number | null {
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (parts === null || text === '') return null;
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0));
  return days * unitSeconds.d + hours * unitSeconds.h + minutes * unitSeconds.m + seconds;
}

function remedyFor(text: string): string {
  const bare = /^(\d+)$/.exec(text)?.[1];
  if (bare !== undefined) return `Add the unit: "${bare}s" for seconds, "${bare}m" for minutes.`;
  return 'Write whole numbers with units, such as 90s, 15m, 4h, 2d or 1h30m.';
}

function retentionRemedy(text: string): string {
  return /^\d+$/.test(text)
    ? `Add the unit: "${text}d" for days.`
    : 'Write days or years, such as 90d or 2y.';
}
