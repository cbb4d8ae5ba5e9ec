// SPDX-License-Identifier: MIT

const shortest = 100;
const longest = 5_000;
/** A process that lived this long had started well: its end is a new story. */
const goodLife = 10_000;

/** How long to wait before a process that ended is started again: not at all at first, then ever longer. */
export class RestartDelay {
  #next = 0;

  /** Both in milliseconds. */
  after(lifetime: number): number {
    if (lifetime >= goodLife) this.#next = 0;
    const delay = this.#next;
    this.#next = delay === 0 ? shortest : Math.min(delay * 2, longest);
    return delay;
  }
}
