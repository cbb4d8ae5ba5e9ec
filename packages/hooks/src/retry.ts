// SPDX-License-Identifier: MIT
// When an event that was not delivered is tried again, and when no more. Pure.
import type { Attempt } from './attempt.ts';

/** All times in milliseconds. */
const firstDelay = 1_000;
const longestDelay = 5 * 60_000;
const longestRetryAfter = 10 * 60_000;
const fewestAttempts = 3;
/** A proxy refuses all (404) while the receiver behind it is being started again. */
const refusalsLast = 60_000;

export interface Trial {
  /** Attempts so far, the last one included. */
  readonly attempts: number;
  /** How many of the last ones, in a row, the receiver refused. */
  readonly refusals: number;
  /** Between the first and the last of those. */
  readonly refusedFor: number;
  /** How old the event was when it was tried for the first time, and how old it is now. */
  readonly ageAtFirst: number;
  readonly age: number;
  readonly retryFor: number;
  readonly retryAfter: Attempt['retryAfter'];
}

export type NextStep = { readonly kind: 'give_up' } | { readonly kind: 'wait'; readonly for: number };

/**
 * Delays grow from one second to five minutes, and any part of one may be used (full jitter), so that events that
 * failed together do not come back together. What the receiver asks for counts up to ten minutes. An event that was
 * too old already when it was first tried is not tried again; another one is tried three times at least. One that was
 * refused each time for a minute is not tried again.
 * @param random from 0 up to 1
 */
export function nextStep(trial: Trial, random: number): NextStep {
  const { attempts, refusals, refusedFor, ageAtFirst, age, retryFor, retryAfter } = trial;
  const isFew = attempts < fewestAttempts;
  const isOver = age >= retryFor;
  const isRefused = refusals >= fewestAttempts && refusedFor >= refusalsLast;
  if (ageAtFirst > retryFor || isRefused || (isOver && !isFew)) return { kind: 'give_up' };
  const rest = isFew ? Infinity : retryFor - age;
  const asked = Math.min(retryAfter ?? 0, longestRetryAfter);
  if (asked > rest) return { kind: 'give_up' };
  const jitter = random * Math.min(longestDelay, firstDelay * 2 ** Math.min(attempts - 1, 30));
  return { kind: 'wait', for: Math.max(asked, Math.min(jitter, rest)) };
}

/** The value of a Retry-After (RFC 9110, section 10.2.3) in milliseconds; null when it is neither of its forms. */
export function retryAfterOf(value: string, now: number): number | null {
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000;
  const date = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
