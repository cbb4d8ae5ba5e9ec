// SPDX-License-Identifier: MIT

export interface Clock {
  /** Milliseconds of a clock that nobody sets: everything that is waited for goes by it. */
  now(): number;
  /** Milliseconds since the epoch, for showing alone. */
  wall(): number;
  /** Runs it once after so many milliseconds, unless the function that is returned is called before. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: Date.now,
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** A moment of `now` as the clock on the wall has it. */
export function shown(clock: Clock, moment: number): string {
  return new Date(clock.wall() + moment - clock.now()).toISOString();
}
