// SPDX-License-Identifier: MIT
import type { CloudEvent } from '@nftoggle/contracts';

/** One event, and the JSON of it that all clients share. */
export interface FeedItem {
  readonly event: CloudEvent;
  readonly json: string;
}

export type FeedListener = (item: FeedItem) => void;

/** Enough to bridge the moment until stats has stored an event; in events, and in characters of their JSON. */
const mostKept = 256;
const mostKeptText = 256 * 1024;

/** The events of now: hands each to all who listen, and keeps the newest for those who come a moment later. */
export class EventFeed {
  readonly #listeners = new Set<FeedListener>();
  readonly #kept: FeedItem[] = [];
  #keptText = 0;

  /** A listener must not throw, and must not wait: the event is handed to the next one when it returns. */
  publish(event: CloudEvent): void {
    const item = { event, json: JSON.stringify(event) };
    this.#keep(item);
    for (const listener of this.#listeners) listener(item);
  }

  /** The newest events, oldest first. Whoever listens and asks for them at once misses none and gets none twice. */
  recent(): readonly FeedItem[] {
    return [...this.#kept];
  }

  /** Returns what ends the listening. */
  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #keep(item: FeedItem): void {
    this.#kept.push(item);
    this.#keptText += item.json.length;
    while (this.#kept.length > mostKept || this.#keptText > mostKeptText)
      this.#keptText -= this.#kept.shift()?.json.length ?? 0;
  }
}
