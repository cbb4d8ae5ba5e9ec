// SPDX-License-Identifier: MIT
// Packets that the kernel dropped by itself: what it was to ask about and did not reach us, and what it stopped at
// the gate. It counts for itself; we compare.
import type { Span } from './denial-crowd.ts';
import type { ServiceCounts } from './ruleset/table.ts';

export interface UnaskedOptions {
  /** What the kernel counted of each service since the last call. */
  readonly takeCounts: () => ReadonlyMap<string, ServiceCounts>;
  /** Packets in the queues that we were not given yet: as many at least as there were when the counts were taken. */
  readonly inFlight: () => number;
  readonly onCounted: (service: string, packets: number, span: Span) => void;
}

interface Book {
  /** Asked and not arrived, which is dropped or in flight. */
  missing: number;
  /** Stopped at the gate; below 0 for a moment, when the kernel's two counters were read on both sides of a packet. */
  stopped: number;
  total: number;
}

/**
 * Nothing is counted twice and nothing is lost while the table stands. What is on its way to us when the kernel is
 * read is left for the next time. Counts that went with a table that somebody removed are not known.
 *
 * After an ordered stop the kernel's counts of the meantime are ours to tell. A process that was killed leaves those
 * since its last reading as well: what it was given then, whatever became of it, counts as unasked.
 */
export class Unasked {
  readonly #options: UnaskedOptions;
  readonly #books = new Map<string, Book>();
  #read: number;

  /** `now`: the beginning of the first span. */
  constructor(options: UnaskedOptions, now: number) {
    this.#options = options;
    this.#read = now;
  }

  /** Packets of each service since the beginning. */
  get totals(): ReadonlyMap<string, number> {
    return new Map([...this.#books].map(([service, { total }]) => [service, total]));
  }

  get total(): number {
    return [...this.#books.values()].reduce((sum, { total }) => sum + total, 0);
  }

  /** The kernel asked about packets: they are here. A negative number takes that back: they were dropped with us. */
  arrived(service: string, packets = 1): void {
    this.#bookOf(service).missing -= packets;
  }

  /** As often as one likes; each second or so, for the spans to be short. */
  read(now: number): void {
    for (const [service, { asked, entered, opened }] of this.#options.takeCounts()) {
      const book = this.#bookOf(service);
      book.missing += asked;
      book.stopped += entered - opened;
    }
    const inFlight = this.#options.inFlight();
    const span = { first: this.#read, last: now };
    for (const [service, book] of this.#books) this.#settle(service, book, inFlight, span);
    this.#read = now;
  }

  #settle(service: string, book: Book, inFlight: number, span: Span): void {
    // More arrived than were asked about: the kernel's counts went away with their table.
    if (book.missing < 0) book.missing = 0;
    const missing = Math.max(0, book.missing - inFlight);
    const stopped = Math.max(0, book.stopped);
    const dropped = missing + stopped;
    if (dropped === 0) return;
    book.missing -= missing;
    book.stopped -= stopped;
    book.total += dropped;
    this.#options.onCounted(service, dropped, span);
  }

  #bookOf(service: string): Book {
    const book = this.#books.get(service) ?? { missing: 0, stopped: 0, total: 0 };
    this.#books.set(service, book);
    return book;
  }
}
