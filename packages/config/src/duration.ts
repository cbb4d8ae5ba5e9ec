// SPDX-License-Identifier: MIT
import { accept, type Parsed, refuse } from './parsed.ts';

const unitSeconds = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;
export const shortestDuration = 1;
export const longestDuration = 365 * unitSeconds.d;

/** `90s`, `15m`, `4h`, `2d`, `1h30m`: seconds. Whole numbers, biggest unit first. */
export function parseDuration(text: string): Parsed<number> {
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (parts === null || text === '')
    return refuse(`${JSON.stringify(text)} is not a duration.`, remedyFor(text));
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0));
  const total = days * unitSeconds.d + hours * unitSeconds.h + minutes * unitSeconds.m + seconds;
  if (total < shortestDuration) return refuse(`"${text}" is too short.`, 'The shortest duration is 1s.');
  if (total > longestDuration) return refuse(`"${text}" is too long.`, 'The longest duration is 365d.');
  return accept(total);
}

/** The shortest text that `parseDuration` reads as so many seconds: 5400 is `1h30m`. */
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

function remedyFor(text: string): string {
  const bare = /^(\d+)$/.exec(text)?.[1];
  if (bare !== undefined) return `Add the unit: "${bare}s" for seconds, "${bare}m" for minutes.`;
  return 'Write whole numbers with units, such as 90s, 15m, 4h, 2d or 1h30m.';
}
