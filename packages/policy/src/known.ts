// SPDX-License-Identifier: MIT
import type { Store } from './store.ts';

/** Milliseconds for which a mirror that lost touch is believed: longer than the bus takes to be found again. */
const patience = 30_000;

/**
 * Is a mirror to be gone by? Once it was read it is, as long as it has not lost touch for long: a server that is
 * started afresh is no reason to turn people out, and one that stays away is no reason to let them in for ever.
 */
export class Known {
  readonly #store: Pick<Store<unknown>, 'ready'>;
  readonly #now: () => number;
  #lost: number | null = null;

  /** `now`: milliseconds of a clock that nobody sets. */
  constructor(store: Pick<Store<unknown>, 'ready' | 'onReady'>, now: () => number) {
    this.#store = store;
    this.#now = now;
    store.onReady((ready) => {
      this.#lost = ready ? null : this.#now();
    });
  }

  get yes(): boolean {
    return this.#store.ready || (this.#lost !== null && this.#now() - this.#lost < patience);
  }
}
