// SPDX-License-Identifier: MIT

/**
 * Two clocks. The one on the wall may be set, hours forwards or back, while sessions are open: it is for
 * showing alone. Everything that is waited for, or compared, goes by the other.
 */
export interface Clock {
  /** Milliseconds that pass at the pace of real ones, as the timeouts of the kernel do. */
  readonly now: () => number;
  /** Milliseconds since the epoch, as people's clocks show it. */
  readonly wall: () => number;
}

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  wall: Date.now,
};

/** A moment of `now` as the clock on the wall has it, for people. */
export function shown({ now, wall }: Clock, moment: number): string {
  return new Date(wall() + moment - now()).toISOString();
}

/** A moment that somebody else gave by the clock on the wall. */
export function momentOf({ now, wall }: Clock, instant: string): number {
  return now() + Date.parse(instant) - wall();
}

/** Calls `action` so many milliseconds later, unless the function that is returned was called before. */
export function after(milliseconds: number, action: () => void): () => void {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
}
