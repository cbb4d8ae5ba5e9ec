// SPDX-License-Identifier: MIT

export interface DeadlineTimerOptions {
  /** By the clock's `now`; undefined while nothing is due ever. */
  readonly next: () => number | undefined;
  readonly now: () => number;
  readonly onDue: () => void;
}

/** Longer waits are cut short and begun anew, because a timer of Node holds 31 bits. In milliseconds. */
const longestWait = 24 * 60 * 60 * 1000;

/** Calls at the earliest deadline, whatever the next one is after that. */
export class DeadlineTimer {
  readonly #options: DeadlineTimerOptions;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: DeadlineTimerOptions) {
    this.#options = options;
  }

  /** To be called whenever the earliest deadline may be another one. */
  arm(): void {
    clearTimeout(this.#timer);
    const { next, now } = this.#options;
    const at = next();
    if (at === undefined || this.#isStopped) return;
    // Timers may be early by a fraction of a millisecond.
    const wait = Math.min(Math.max(1, Math.ceil(at - now())), longestWait);
    this.#timer = setTimeout(() => this.#fire(), wait);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #fire(): void {
    const { next, now, onDue } = this.#options;
    const at = next();
    if (at !== undefined && at <= now()) onDue();
    this.arm();
  }
}
