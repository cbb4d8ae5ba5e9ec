// SPDX-License-Identifier: MIT
import type { Neighbour } from './neighbours.ts';

/**
 * Tells from what the kernel says of a neighbour, look by look, whether its card answers. An entry outlives the
 * machine that it is of by hours as `stale`: that is none.
 */
export class NeighbourLife {
  readonly #macs: ReadonlySet<string>;
  #last: Neighbour | null = null;

  /** `macs`: of the device. Another card that answers in its place (a sleep proxy, proxy ARP) is not it. */
  constructor(macs: readonly string[]) {
    this.#macs = new Set(macs);
  }

  look(now: Neighbour | null): boolean {
    const before = this.#last;
    this.#last = now;
    if (now === null || now.mac === null) return false;
    if (this.#macs.size > 0 && !this.#macs.has(now.mac)) return false;
    const isNew = before !== null && before.mac === null;
    return isNew || now.state === 'reachable';
  }
}
