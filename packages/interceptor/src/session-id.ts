// SPDX-License-Identifier: MIT
// What a session is called, in all daemons and for ever: its beginning, and what tells it from others of that second.
import { createHash, randomInt } from 'node:crypto';
import { SessionId } from '@nftoggle/contracts';
import { type Place, sessionKey } from './session-place.ts';

/** Of each of the two parts; the first grows to seven in the year 2038. */
const digits = 6;
const numbers = 36 ** digits;

/** `since`: in milliseconds of the clock on the wall. */
export function newSessionId(since: number): SessionId {
  return `${secondOf(since)}${inDigits(randomInt(numbers))}`;
}

/** For one that an older version opened, which gave it none: the same each time it is asked for. */
export function derivedSessionId(session: Place & { readonly since: number }): SessionId {
  const hash = createHash('sha256').update(sessionKey(session)).digest().readUIntBE(0, 6);
  return `${secondOf(session.since)}${inDigits(hash % numbers)}`;
}

/** Is it one of those made here? Elsewhere somebody may have written anything. */
export function isSessionId(text: unknown): text is SessionId {
  return SessionId.safeParse(text).success && beginningOf(text as SessionId) < 2 ** 48;
}

/** When the session began, to the second, in milliseconds of the clock on the wall. */
export function beginningOf(id: SessionId): number {
  return Number.parseInt(id.slice(0, -digits), 36) * 1_000;
}

function secondOf(since: number): string {
  return inDigits(Math.max(0, Math.floor(since / 1_000)));
}

function inDigits(number: number): string {
  return number.toString(36).padStart(digits, '0');
}
