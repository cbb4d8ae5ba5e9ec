// SPDX-License-Identifier: MIT

export interface Busy<T> {
  readonly value: T;
  /** Never more than it was. */
  readonly count: number;
}

interface Counter<T> {
  readonly key: string;
  readonly value: T;
  count: number;
  /** What it took over from the one whose place it has: so much of the count may be not its own. */
  readonly inherited: number;
}

/**
 * The most frequent of any number of things, by as many counters as there is room for: the Space-Saving algorithm
 * (Metwally, Agrawal, El Abbadi 2005). Of `n` counted in all, every thing that was counted more than n / room times
 * has a counter, and none is too low by more than that.
 */
export class Busiest<T> {
  readonly #room: number;
  readonly #counters = new Map<string, Counter<T>>();
  /** Counters by their count, oldest first, so that the least is found without a search. */
  readonly #byCount = new Map<number, Set<Counter<T>>>();
  #least = 0;

  constructor(room: number) {
    this.#room = room;
  }

  add(key: string, value: T, by: number): void {
    const counter = this.#counters.get(key);
    if (counter !== undefined) {
      this.#leave(counter);
      counter.count += by;
      this.#enter(counter);
    } else {
      const inherited = this.#counters.size < this.#room ? 0 : this.#evict();
      const fresh = { key, value, count: inherited + by, inherited };
      this.#counters.set(key, fresh);
      this.#enter(fresh);
    }
  }

  /** At most so many, most first. */
  most(atMost: number): Busy<T>[] {
    return [...this.#counters.values()]
      .map(({ key, value, count, inherited }) => ({ key, value, count: count - inherited }))
      .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
      .slice(0, atMost)
      .map(({ value, count }) => ({ value, count }));
  }

  clear(): void {
    this.#counters.clear();
    this.#byCount.clear();
    this.#least = 0;
  }

  /** Makes room, and returns the count of the one who had it. */
  #evict(): number {
    while (!this.#byCount.has(this.#least)) this.#least += 1;
    const [oldest] = this.#byCount.get(this.#least) ?? [];
    if (oldest === undefined) throw new TypeError('counters without room');
    this.#leave(oldest);
    this.#counters.delete(oldest.key);
    return oldest.count;
  }

  #enter(counter: Counter<T>): void {
    const same = this.#byCount.get(counter.count) ?? new Set();
    this.#byCount.set(counter.count, same.add(counter));
    this.#least = Math.min(this.#least, counter.count);
  }

  #leave(counter: Counter<T>): void {
    const same = this.#byCount.get(counter.count);
    same?.delete(counter);
    if (same?.size === 0) this.#byCount.delete(counter.count);
  }
}
