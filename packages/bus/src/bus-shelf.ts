// SPDX-License-Identifier: MIT
import type { JetStreamManager } from '@nats-io/jetstream';
import { type ShelfName, shelves } from '@nftoggle/contracts';
import { callDeadline, clientOf } from './bucket.ts';
import type { Schema } from './bus-store.ts';
import { decode } from './decode.ts';
import { checkKey, entryText } from './entry.ts';
import { NoAnswerError } from './errors.ts';
import { shelfPrefix } from './event-stream.ts';
import type { Presence } from './presence.ts';
import type { Shelf } from './shelf.ts';

export interface ShelfOptions<T> {
  readonly name: ShelfName;
  readonly node: string;
  readonly entry: Schema<T>;
  readonly presence: Presence;
  readonly report: (problem: string) => void;
}

/** Entries that are looked up at once. */
const atOnce = 16;

/** A stream with one message for each key. Nothing of it is a consumer: whoever may make those may do more. */
export class BusShelf<T> implements Shelf<T> {
  readonly #options: ShelfOptions<T>;
  readonly #stream: string;
  readonly #prefix: string;
  /** Where keys stand, as far as we know: the server lists them without. One that was replaced elsewhere stays behind. */
  #sequences = new Map<string, number>();

  constructor(options: ShelfOptions<T>) {
    this.#options = options;
    this.#stream = shelves[options.name].stream;
    this.#prefix = shelfPrefix(options.name, options.node);
  }

  async put(key: string, value: T): Promise<void> {
    const text = entryText(key, this.#options.entry.parse(value));
    const { connection } = this.#online(key);
    const expect = { streamName: this.#stream };
    const options = { expect, timeout: callDeadline };
    const { seq } = await this.#answered(clientOf(connection).publish(this.#subject(key), text, options));
    this.#sequences.set(key, seq);
  }

  async get(key: string): Promise<T | undefined> {
    const message = await this.#message(await this.#manager(), key);
    if (message === null) return undefined;
    const value = this.#options.entry.safeParse(decode(message.data)).data;
    if (value === undefined) this.#options.report(`${this.#options.name}: ${key} is of the wrong shape`);
    return value;
  }

  async keys(prefix = ''): Promise<readonly string[]> {
    const manager = await this.#manager();
    const filter = `${this.#prefix}${prefix.slice(0, prefix.lastIndexOf('.') + 1)}>`;
    const { state } = await this.#answered(manager.streams.info(this.#stream, { subjects_filter: filter }));
    const keys = Object.keys(state.subjects ?? {})
      .map((subject) => subject.slice(this.#prefix.length))
      .filter((key) => key.startsWith(prefix));
    if (prefix === '') this.#forgetAllBut(new Set(keys));
    await this.#findOut(manager, keys);
    return keys
      .filter((key) => this.#sequences.has(key))
      .sort((one, other) => this.#at(one) - this.#at(other));
  }

  async remove(key: string): Promise<boolean> {
    const manager = await this.#manager();
    const { purged } = await this.#answered(
      manager.streams.purge(this.#stream, { filter: this.#subject(key) }),
    );
    this.#sequences.delete(key);
    return purged > 0;
  }

  #subject(key: string): string {
    checkKey(key);
    return `${this.#prefix}${key}`;
  }

  #at(key: string): number {
    return this.#sequences.get(key) ?? 0;
  }

  #forgetAllBut(keys: ReadonlySet<string>): void {
    for (const key of this.#sequences.keys()) if (!keys.has(key)) this.#sequences.delete(key);
  }

  /** Where the keys stand that were put by somebody else. */
  async #findOut(manager: JetStreamManager, keys: readonly string[]): Promise<void> {
    const unknown = keys.filter((key) => !this.#sequences.has(key));
    for (let first = 0; first < unknown.length; first += atOnce) {
      await Promise.all(
        unknown.slice(first, first + atOnce).map(async (key) => {
          const message = await this.#message(manager, key);
          if (message !== null) this.#sequences.set(key, message.seq);
        }),
      );
    }
  }

  #message(manager: JetStreamManager, key: string) {
    return this.#answered(manager.streams.getMessage(this.#stream, { last_by_subj: this.#subject(key) }));
  }

  async #manager(): Promise<JetStreamManager> {
    return this.#answered(clientOf(this.#online(this.#options.name).connection).jetstreamManager());
  }

  #online(what: string) {
    const online = this.#options.presence.now;
    if (online === undefined) throw new NoAnswerError(`${what}: the bus is not connected`);
    return online;
  }

  async #answered<R>(answer: Promise<R>): Promise<R> {
    try {
      return await answer;
    } catch (cause) {
      throw new NoAnswerError(`${this.#options.name}: ${(cause as Error).message}`, { cause });
    }
  }
}
