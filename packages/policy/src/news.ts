// SPDX-License-Identifier: MIT
import type { EventData, EventType, Id } from '@nftoggle/contracts';

/** Publishes an event; never fails and never waits. */
export type Publish = <T extends EventType>(type: T, data: EventData<T>, about?: string) => void;

type Because = EventData<'permissions_changed'>['because'];

/**
 * Says that this replica may now allow another thing than before. Each replica says so of itself, once it knows
 * itself: an asker that was told by a faster one would be answered by a slower one as before, and believe it.
 * What comes in one go is said in one event for each cause.
 */
export class PermissionNews {
  readonly #publish: Publish;
  readonly #waiting = new Map<Because, Set<Id> | null>();

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  /** `services`: null for any. */
  changed(because: Because, services: readonly Id[] | null): void {
    if (this.#waiting.size === 0) setImmediate(() => this.#tell());
    const known = this.#waiting.get(because);
    const all = services === null || known === null;
    this.#waiting.set(because, all ? null : new Set([...(known ?? []), ...services]));
  }

  #tell(): void {
    for (const [because, services] of this.#waiting) {
      this.#publish('permissions_changed', { because, services: services === null ? null : [...services] });
    }
    this.#waiting.clear();
  }
}
