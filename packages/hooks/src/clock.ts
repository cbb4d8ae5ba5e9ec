// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';

/** All times in milliseconds. */
export interface Clock {
  /** What the clock on the wall shows, since the epoch. It may jump. */
  now(): number;
  /** Since some beginning; never jumps. */
  elapsed(): number;
  /** Rejects when the signal is aborted before. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
};
