// SPDX-License-Identifier: MIT
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ConflictError, NoAnswerError } from '@nftoggle/bus';
import type { Store, Stored } from './store.ts';

/** A store in memory; replicas that share one see each other's writes at once. */
export class MemoryStore<T> implements Store<T> {
  #ready = true;
  readonly #entries = new Map<string, Stored<T>>();
  readonly #listeners: ((key: string, value: T | undefined) => void)[] = [];
  readonly #readied: ((ready: boolean) => void)[] = [];
  #revision = 0;

  get ready(): boolean {
    return this.#ready;
  }

  set ready(ready: boolean) {
    this.#ready = ready;
    for (const listener of this.#readied) listener(ready);
  }

  get(key: string): Stored<T> | undefined {
    return this.#entries.get(key);
  }

  entries(): ReadonlyMap<string, Stored<T>> {
    return this.#entries;
  }

  async put(key: string, value: T, revision: number): Promise<number> {
    await nextTurn();
    this.#check(key, revision);
    this.#revision += 1;
    this.#entries.set(key, { value, revision: this.#revision });
    this.#tell(key, value);
    return this.#revision;
  }

  async remove(key: string, revision: number): Promise<void> {
    await nextTurn();
    this.#check(key, revision);
    this.#entries.delete(key);
    this.#tell(key, undefined);
  }

  onChange(listener: (key: string, value: T | undefined) => void): void {
    this.#listeners.push(listener);
    for (const [key, { value }] of this.#entries) listener(key, value);
  }

  onReady(listener: (ready: boolean) => void): void {
    this.#readied.push(listener);
  }

  /** In the turn in which it is written. The turn before it is as with a network: others come in between. */
  #check(key: string, revision: number): void {
    if (!this.#ready) throw new NoAnswerError('the bus is not connected');
    if ((this.#entries.get(key)?.revision ?? 0) !== revision) throw new ConflictError(key);
  }

  #tell(key: string, value: T | undefined): void {
    for (const listener of this.#listeners) listener(key, value);
  }
}
