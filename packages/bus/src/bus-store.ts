// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiCodes, JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { type Bucket, clientOf, type Listing, writeEntry } from './bucket.ts';
import { type Update, watchBucket } from './bucket-watch.ts';
import { decode } from './decode.ts';
import { checkKey, entryText } from './entry.ts';
import { ConflictError, NoAnswerError } from './errors.ts';
import { type Change, Mirror, type Stored } from './mirror.ts';
import { retryDelay } from './pause.ts';
import type { SharedStore } from './shared-store.ts';

/** As zod has them. */
export interface Schema<T> {
  /** @throws when the value is of another shape */
  parse(value: unknown): T;
  safeParse(value: unknown): { readonly data?: T | undefined };
}

export interface StoreOptions<T> {
  readonly name: string;
  readonly bucket: Bucket;
  readonly entry: Schema<T>;
  readonly report: (problem: string) => void;
}

/** What is to be written: neither of both to remove. */
interface Draft<T> {
  readonly value: T | undefined;
  readonly text: string | undefined;
}

/** How long a writer who lost waits for the mirror to have what won, in milliseconds. */
const catchUpDeadline = 1_000;

export class BusStore<T> implements SharedStore<T> {
  readonly #options: StoreOptions<T>;
  readonly #mirror = new Mirror<T>();
  readonly #changed: ((key: string, value: T | undefined) => void)[] = [];
  readonly #readied: ((ready: boolean) => void)[] = [];
  readonly #behind = new Set<() => void>();
  readonly #writes = new Set<Promise<unknown>>();
  #watch: AbortController | undefined;
  #client: JetStreamClient | undefined;
  /** Rejects when the connection breaks. */
  #broken = Promise.withResolvers<never>();
  #wasReady = false;
  #problem = '';

  constructor(options: StoreOptions<T>) {
    this.#options = options;
    this.#broken.promise.catch(() => {});
  }

  get ready(): boolean {
    return this.#mirror.ready;
  }

  get(key: string): Stored<T> | undefined {
    return this.#mirror.entries.get(key);
  }

  entries(): ReadonlyMap<string, Stored<T>> {
    return this.#mirror.entries;
  }

  onChange(listener: (key: string, value: T | undefined) => void): void {
    this.#changed.push(listener);
  }

  onReady(listener: (ready: boolean) => void): void {
    this.#readied.push(listener);
  }

  async put(key: string, value: T, revision: number): Promise<number> {
    const text = entryText(key, this.#options.entry.parse(value));
    return this.#write(key, { value, text }, revision);
  }

  async remove(key: string, revision: number): Promise<void> {
    if (revision === 0) throw new ConflictError(`${key}: there is nothing to remove`);
    await this.#write(key, { value: undefined, text: undefined }, revision);
  }

  /** The bus has a connection: to be called for each, and again when it is back. */
  up(connection: NatsConnection): void {
    this.#stopWatching();
    this.#broken = Promise.withResolvers<never>();
    this.#broken.promise.catch(() => {});
    this.#client = clientOf(connection);
    const watch = new AbortController();
    this.#watch = watch;
    void this.#keepWatching(connection, watch.signal);
  }

  down(): void {
    this.#stopWatching();
    this.#broken.reject(new Error('the connection broke'));
  }

  /** Nothing is written any more; resolves when what is under way has an end. */
  async close(): Promise<void> {
    this.#stopWatching();
    await Promise.allSettled(this.#writes);
  }

  #stopWatching(): void {
    this.#watch?.abort();
    this.#watch = undefined;
    this.#lose();
  }

  async #keepWatching(connection: NatsConnection, signal: AbortSignal): Promise<void> {
    for (let wait: number = retryDelay.first; !signal.aborted; wait = Math.min(2 * wait, retryDelay.most)) {
      try {
        await this.#watchOnce(connection, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (this.ready) wait = retryDelay.first;
        this.#lose();
        this.#report((error as Error).message);
      }
      await delay(wait, undefined, { signal }).catch(() => {});
    }
  }

  #watchOnce(connection: NatsConnection, signal: AbortSignal): Promise<void> {
    const events = {
      began: ({ keys, epoch }: Listing) => this.#tell(this.#mirror.begin(keys, epoch)),
      heard: (update: Update) => {
        this.#tell(this.#mirror.told(update.key, this.#read(update), update.revision));
      },
    };
    return watchBucket(connection, this.#options.bucket, events, signal);
  }

  #read({ key, data }: Update): T | undefined {
    if (data === undefined) return undefined;
    const value = this.#options.entry.safeParse(decode(data)).data;
    if (value === undefined) this.#say(`the entry ${key} is of the wrong shape and counts as none`);
    return value;
  }

  #tell(changes: readonly Change<T>[]): void {
    for (const look of this.#behind) look();
    for (const { key, value } of changes) this.#call(this.#changed, (listener) => listener(key, value));
    this.#tellReady();
  }

  #lose(): void {
    this.#mirror.lose();
    for (const look of this.#behind) look();
    this.#tellReady();
  }

  #tellReady(): void {
    const { ready } = this;
    if (ready === this.#wasReady) return;
    this.#wasReady = ready;
    if (ready) this.#problem = '';
    this.#call(this.#readied, (listener) => listener(ready));
  }

  #call<L>(listeners: readonly L[], tell: (listener: L) => void): void {
    for (const listener of listeners) {
      try {
        tell(listener);
      } catch (error) {
        this.#say((error as Error).message);
      }
    }
  }

  #write(key: string, entry: Draft<T>, revision: number): Promise<number> {
    checkKey(key);
    const { name, bucket } = this.#options;
    if (this.#client === undefined || !this.ready) throw new NoAnswerError(`${name}: not ready`);
    const there = this.get(key)?.revision ?? 0;
    if (there !== revision) throw new ConflictError(`${key}: the entry is ${there} and not ${revision}`);
    // What was removed, or cannot be read, has a revision all the same, and the server goes by that.
    const previous = this.#mirror.revisionOf(key);
    const sent = writeEntry(this.#client, bucket, key, entry.text, previous);
    const write = this.#settle(key, entry.value, previous, sent);
    this.#writes.add(write);
    write.finally(() => this.#writes.delete(write)).catch(() => {});
    return write;
  }

  async #settle(key: string, value: T | undefined, previous: number, sent: Promise<number>): Promise<number> {
    try {
      const revision = await Promise.race([sent, this.#broken.promise]);
      this.#mirror.wrote(key, value, revision);
      return revision;
    } catch (cause) {
      const { message } = cause as Error;
      if (!isConflict(cause)) throw new NoAnswerError(`${this.#options.name} ${key}: ${message}`, { cause });
      await this.#caughtUp(key, previous);
      throw new ConflictError(`${key}: ${message}`, { cause });
    }
  }

  /** Resolves when the mirror has another revision of the key than `lost`, and when that takes too long. */
  #caughtUp(key: string, lost: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.ready && this.#mirror.revisionOf(key) === lost) return;
        clearTimeout(timer);
        this.#behind.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#behind.delete(look);
        resolve();
      }, catchUpDeadline);
      this.#behind.add(look);
      look();
    });
  }

  /** The same trouble again is no news. */
  #report(problem: string): void {
    if (problem !== this.#problem) this.#say(problem);
    this.#problem = problem;
  }

  #say(problem: string): void {
    this.#options.report(`${this.#options.name}: ${problem}`);
  }
}

function isConflict(error: unknown): boolean {
  if (!(error instanceof JetStreamApiError)) return false;
  const { StreamWrongLastSequence, StreamWrongLastSequenceUnknown } = JetStreamApiCodes;
  return error.code === StreamWrongLastSequence || error.code === StreamWrongLastSequenceUnknown;
}
