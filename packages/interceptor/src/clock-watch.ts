// SPDX-License-Identifier: MIT
import type { Clock } from './clock.ts';

/** Corrections smaller than this are how any clock is kept, in milliseconds. */
export const leastStep = 1_000;

/** Notices that somebody set the clock on the wall, or that the machine slept: ends of sessions are instants on it. */
export class ClockWatch {
  readonly #clock: Clock;
  #ahead: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#ahead = clock.wall() - clock.now();
  }

  /** True once for each step; many small ones add up to one. */
  wasSet(): boolean {
    const ahead = this.#clock.wall() - this.#clock.now();
    if (Math.abs(ahead - this.#ahead) <= leastStep) return false;
    this.#ahead = ahead;
    return true;
  }
}
