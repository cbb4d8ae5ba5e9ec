// SPDX-License-Identifier: MIT
// Times of day as clocks show them: `18:00` and `18:00:30`, as seconds after midnight.
import { accept, type Parsed, refuse } from './parsed.ts';
import { daySeconds } from './zoned-time.ts';

/** 0 to 86,399. */
export function parseClockTime(text: string): Parsed<number> {
  const time = parseEndTime(text);
  if (!time.ok || time.value < daySeconds) return time;
  return refuse(`"${text}" is only the end of a day.`, 'Write 00:00 for its beginning.');
}

/** The same and 86,400: `24:00` is the end of a day. */
export function parseEndTime(text: string): Parsed<number> {
  const parts = /^(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  if (parts === null) return refuse(`${JSON.stringify(text)} is not a time of day.`, formRemedy(text));
  const [hour = 0, minute = 0, second = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  const seconds = hour * 3_600 + minute * 60 + second;
  if (minute < 60 && second < 60 && seconds <= daySeconds) return accept(seconds);
  return refuse(
    `"${text}" is not a time of day.`,
    'Times go from 00:00 to 23:59, and 24:00 is the end of a day.',
  );
}

/** `18:00`, or `18:00:30` where there are seconds. */
export function formatClockTime(seconds: number): string {
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[2] === 0 ? parts.slice(0, 2) : parts;
  return shown.map((part) => String(part).padStart(2, '0')).join(':');
}

/** Times as people write them elsewhere (`6pm`, `18.00`, `18h`, `8:00`), turned into ours; the rest as it is. */
export function repairTimes(text: string): string {
  return text
    .replace(/\b(\d{1,2})(?:[:.h](\d\d))?\s*([ap])\.?m\b\.?/gi, twelveHours)
    .replace(/(?<![\d.:])(\d{1,2})(?:h|\s*uhr)(?![a-z\d])/gi, (_, hour) => clock(hour, '00'))
    .replace(/(?<![\d.:])(\d{1,2})[:.h](\d\d)(?![\d.])/gi, (_, hour, minute) => clock(hour, minute));
}

function twelveHours(_: string, hour: string, minute: string | undefined, half: string): string {
  const afternoon = half.toLowerCase() === 'p' ? 12 : 0;
  return clock(String((Number(hour) % 12) + afternoon), minute ?? '00');
}

function clock(hour: string, minute: string): string {
  return `${hour.padStart(2, '0')}:${minute}`;
}

function formRemedy(text: string): string {
  const repaired = repairTimes(text.trim());
  const known = repaired !== text && parseEndTime(repaired).ok;
  return known ? `Write ${repaired}.` : 'Write hours and minutes, such as 18:00.';
}
