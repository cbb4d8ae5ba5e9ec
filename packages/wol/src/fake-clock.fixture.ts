// SPDX-License-Identifier: MIT
import type { Clock } from './clock.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #now = 1_000;
  #timers: Timer[] = [];

  now = (): number => this.#now;
  wall = (): number => Date.UTC(2026, 10, 23, 12) + this.#now - 1_000;

  after = (ms: number, run: () => void): (() => void) => {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  };

  /** Timers that are set: what would go on for ever shows here. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Passes time, each timer at its moment, with what it sets off in between. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets promises that are settled have their say. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
