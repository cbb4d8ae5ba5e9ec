// SPDX-License-Identifier: MIT
import type { EventData, EventType } from '@nftoggle/contracts';
import type { Publish } from './news.ts';

/** What was published, in order. */
export class Published {
  readonly #events: { readonly type: EventType; readonly data: unknown }[] = [];

  readonly publish: Publish = (type, data) => {
    this.#events.push({ type, data });
  };

  /** Types of all events but `permissions_changed`, of which each replica tells its own. */
  get types(): readonly EventType[] {
    return this.#events.map(({ type }) => type).filter((type) => type !== 'permissions_changed');
  }

  of<T extends EventType>(wanted: T): readonly EventData<T>[] {
    return this.#events.filter(({ type }) => type === wanted).map(({ data }) => data as EventData<T>);
  }
}
