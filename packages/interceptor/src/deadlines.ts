// SPDX-License-Identifier: MIT
// When each of many keys is due, earliest first: a binary heap. Nobody looks through all of them to know it.

interface Entry {
  readonly key: string;
  readonly at: number;
}

/** Entries that were overtaken stay in the heap until they come up; more than so many of them are swept out. */
const leastStale = 64;

export class Deadlines {
  /** What counts: an entry of the heap that says otherwise was overtaken. */
  readonly #due = new Map<string, number>();
  #heap: Entry[] = [];

  get size(): number {
    return this.#due.size;
  }

  /** The earliest of all; undefined when there is none. */
  get next(): number | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#due.get(first.key) === first.at) return first.at;
      this.#pop();
    }
    return undefined;
  }

  /** A key has one deadline: a newer one takes its place. */
  set(key: string, at: number): void {
    if (this.#due.get(key) === at) return;
    this.#due.set(key, at);
    this.#push({ key, at });
    if (this.#heap.length > 2 * this.#due.size + leastStale) this.#sweep();
  }

  discard(key: string): void {
    this.#due.delete(key);
  }

  /** Removes those that are due, and returns them in the order they became so. */
  take(now: number): string[] {
    const taken: string[] = [];
    for (let at = this.next; at !== undefined && at <= now; at = this.next) {
      const entry = this.#pop();
      if (entry === undefined) break;
      this.#due.delete(entry.key);
      taken.push(entry.key);
    }
    return taken;
  }

  /** An array in ascending order is a heap. */
  #sweep(): void {
    this.#heap = [...this.#due].map(([key, at]) => ({ key, at })).sort((a, b) => a.at - b.at);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.at <= entry.at) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(entry: Entry): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const below = this.#earlierBelow(index);
      const child = heap[below];
      if (child === undefined || child.at >= entry.at) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = entry;
  }

  #earlierBelow(index: number): number {
    const [left, right] = [this.#heap[2 * index + 1], this.#heap[2 * index + 2]];
    return left !== undefined && right !== undefined && right.at < left.at ? 2 * index + 2 : 2 * index + 1;
  }
}
