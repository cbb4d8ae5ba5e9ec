// SPDX-License-Identifier: MIT
import type { Grant } from '@nftoggle/contracts';
import { type GrantBook, isOpen } from './grant-book.ts';
import type { Publish } from './news.ts';
import type { Store } from './store.ts';
import { removeIf } from './update.ts';

/** Milliseconds after which the clock is looked at again at the latest: one that is set moves no timer. */
const longestWait = 1_000;

export interface SweepOptions {
  readonly store: Store<Grant>;
  readonly book: GrantBook;
  readonly now: () => number;
  /** While the clock is not believed nothing is removed: what it takes for over may not be. */
  readonly isTrusted: () => boolean;
  readonly publish: Publish;
}

/**
 * Removes grants when their time is over, those also whose time was over while nobody looked, and says so: of all
 * replicas the one that removed it. No answer waits for that: decisions go by the end of a grant themselves.
 */
export class GrantSweep {
  readonly #options: SweepOptions;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;
  #closed = false;

  constructor(options: SweepOptions) {
    this.#options = options;
    options.store.onChange(() => this.#plan());
    options.store.onReady(() => this.#plan());
    this.#plan();
  }

  /** Removes nothing more, and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#sweeping;
  }

  #plan(shortest = 0): void {
    clearTimeout(this.#timer);
    const { store, book, now } = this.#options;
    if (this.#closed || this.#sweeping !== undefined || !store.ready || book.nextEnd === Infinity) return;
    const wait = Math.max(shortest, Math.min(longestWait, book.nextEnd - now()));
    this.#timer = setTimeout(() => {
      this.#sweeping = this.#sweep().then((done) => {
        this.#sweeping = undefined;
        // What could not be removed is there still, and over: it must not be tried again without a pause.
        this.#plan(done ? 0 : longestWait);
      });
    }, wait);
  }

  /** False when something of it failed. */
  async #sweep(): Promise<boolean> {
    const { store, book, now, isTrusted } = this.#options;
    if (!isTrusted()) return false;
    const swept = await Promise.allSettled(book.over(now()).map((key) => this.#end(store, key)));
    return swept.every(({ status }) => status === 'fulfilled');
  }

  async #end(store: Store<Grant>, key: string): Promise<void> {
    const { book, now, publish } = this.#options;
    const grant = await removeIf(store, key, (found) => !isOpen(found, now()));
    book.learn(key);
    if (grant !== undefined) publish('grant_ended', { grant, by: null }, grant.service);
  }
}
