// SPDX-License-Identifier: MIT
import type { ClockEntry } from '@nftoggle/contracts';
import type { ClockTrust } from './clock-trust.ts';
import type { PermissionNews, Publish } from './news.ts';
import type { Store } from './store.ts';
import { update } from './update.ts';

const key = 'seen';
/** Milliseconds between two looks at the clock. */
const interval = 1_000;

export interface ClockWatchOptions {
  readonly trust: ClockTrust;
  readonly store: Store<ClockEntry>;
  readonly publish: Publish;
  readonly news: PermissionNews;
}

/** Looks at the clock each second, says when it is to be believed and when not, and keeps the latest good time. */
export class ClockWatch {
  readonly #options: ClockWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #isKnown = false;

  constructor(options: ClockWatchOptions) {
    const { store, trust } = options;
    this.#options = options;
    store.onChange((changed, entry) => {
      if (changed === key) trust.learn(entry === undefined ? null : Date.parse(entry.seen));
    });
    store.onReady((ready) => {
      if (ready && !this.#isKnown) options.news.changed('clock', null);
      this.#isKnown ||= ready;
    });
    this.#look();
    this.#timer = setInterval(() => this.#look(), interval);
  }

  /** Has it been read what was seen before? From then on it is known. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /**
   * A person says that the clock is right. False when it cannot be: no clock that was ever set says this.
   * @throws NoAnswerError when it could not be kept: nothing has changed then
   */
  async accept(): Promise<boolean> {
    const { trust, store } = this.#options;
    const now = trust.mayAccept();
    if (now === null) return false;
    await update(store, key, () => ({ seen: new Date(now).toISOString() }));
    trust.accept();
    this.#look();
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { trust, store, publish, news } = this.#options;
    const { problem, changed } = trust.check();
    if (changed) {
      publish('clock_changed', { trusted: problem === null, problem });
      news.changed('clock', null);
    }
    const seen = store.ready ? trust.toRemember() : null;
    if (seen !== null) void this.#remember(new Date(seen).toISOString());
  }

  async #remember(seen: string): Promise<void> {
    try {
      await update(this.#options.store, key, (before) =>
        before !== undefined && before.seen >= seen ? before : { seen },
      );
    } catch {
      // The bus is away: a minute later there is a later time to be kept.
    }
  }
}
