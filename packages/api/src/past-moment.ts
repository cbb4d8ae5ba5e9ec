// SPDX-License-Identifier: MIT
// Moments as people say them of the past: `7d` is seven days ago, `18:40` and `fri` are the last ones that were.
import { type Parsed, parseDuration, parseMoment, parseRetention } from '@nftoggle/config';

const daySeconds = 86_400;
/** Each day of the week was within the last seven days. */
const daysBack = 7;

/**
 * Milliseconds since the epoch: `7d`, `2y`, `18:40`, `fri 20:55`, `yesterday`, `2026-11-01`, ISO 8601. A day alone is
 * its beginning. A time that says on which day it is may lie in the future.
 */
export function parsePastMoment(text: string, now: number, zone: string): Parsed<number> {
  const ago = parseAgo(text.trim().replace(/\s+ago$/i, ''));
  if (ago.ok) return { ok: true, value: now - ago.value * 1_000 };
  const said = parseLast(text, now, zone);
  if (said.ok) return said;
  const dayAlone = /^[a-z]+$/i.test(text.trim()) ? parseLast(`${text.trim()} 00:00`, now, zone) : said;
  if (dayAlone.ok) return dayAlone;
  // What is wrong with a date is said by who reads dates; all else would be told of times to come.
  return /^\s*\d{3,4}-/.test(text)
    ? said
    : { ok: false, message: `${JSON.stringify(text)} is not a moment.`, remedy };
}

const remedy =
  'Write how long ago it was, such as 90m, 7d or 2y, or when: 18:40, "fri 20:55", yesterday or 2026-11-01.';

/** As far back as anything can be kept. */
function parseAgo(text: string): Parsed<number> {
  const short = parseDuration(text);
  return short.ok ? short : parseRetention(text);
}

/** The configuration's `18:40` is the next one; here it is the last. */
function parseLast(text: string, now: number, zone: string): Parsed<number> {
  const next = parseMoment(text, now, zone);
  if (!next.ok || next.value <= now || /^\s*(yesterday|today|tomorrow)\b/i.test(text)) return next;
  for (let days = 1; days <= daysBack; days += 1) {
    const before = parseMoment(text, now - days * daySeconds * 1_000, zone);
    if (before.ok && before.value <= now) return before;
  }
  return next;
}
