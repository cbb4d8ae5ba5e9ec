// SPDX-License-Identifier: MIT
// When each session was in use, and so for how long each account, told by what its connections moved: an idle one that
// only keeps itself alive is no use, and several sessions at once use up an account once.
import type { AccountId } from '@nftoggle/contracts';
import type { Movement } from './flow-counts.ts';
import { type Span, union, without } from './spans.ts';

export interface MeterSettings {
  /** Between two measurements, in milliseconds. */
  readonly tick: number;
  /** A session that moved fewer in a tick was idle. */
  readonly idleBytes: number;
}

/** A session, as far as a meter needs to know it. */
export interface Metered {
  readonly id: string;
  /** What its use is charged to; empty for most. */
  readonly accounts: readonly AccountId[];
  /** When it was opened, by the clock's `now`. */
  readonly opened: number;
}

/** When a session was in use, by the clock's `now`. */
export interface Activity extends Span {
  readonly session: string;
}

/** The same of an account, in order. */
export interface Use {
  readonly account: AccountId;
  readonly spans: readonly Span[];
}

type Moved = Pick<Movement, 'session' | 'from' | 'to' | 'fromSource' | 'toSource' | 'isUncounted'>;

/** All that a session moved, and between when. */
interface Sum {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly packets: number;
  /** A connection of it has no counters, so it was in use. */
  readonly isUncounted: boolean;
}

/** What a session moved since a moment. */
interface Book extends Sum {
  readonly since: number;
}

/** However short the span: a keep-alive and its answer, each acknowledged, are no use. */
const leastPackets = 5;
/** What counts as one packet may be many that the network card put together (GRO): of a keep-alive it is not. */
const mostOfPacket = 1_500;

export class Meter {
  #books: ReadonlyMap<string, Book> = new Map();
  /** Since the last measurement. However many connections there were, it is one sum for each session. */
  #notes = new Map<string, Sum>();
  /** For when each account is charged, as far as books reach back. */
  #charged: ReadonlyMap<AccountId, readonly Span[]> = new Map();
  #last: number;

  constructor(now: number) {
    this.#last = now;
  }

  note({ session, from, to, fromSource, toSource, isUncounted }: Moved): void {
    const bytes = fromSource.bytes + toSource.bytes;
    const packets = fromSource.packets + toSource.packets;
    const moved = { from, to, bytes, packets, isUncounted };
    this.#notes.set(session, enter(this.#notes.get(session) ?? nothing, moved));
  }

  /**
   * What was used up to now and not told before, by each session and by each account. A session that moved too little
   * in less than half a tick is left open: it may be a moment of quiet, and what it moves next is added to that.
   */
  measure(
    sessions: readonly Metered[],
    now: number,
    settings: MeterSettings,
  ): { readonly activities: readonly Activity[]; readonly uses: readonly Use[] } {
    const books = new Map<string, Book>();
    const used = new Map<AccountId, Span[]>();
    const activities: Activity[] = [];
    for (const session of sessions) {
      const book = this.#bookOf(session, now);
      const isUsed = wasUsed(book, now, settings);
      if (isUsed) {
        const span = spanOf(book, now);
        activities.push({ session: session.id, ...span });
        for (const account of session.accounts) enterUse(used, account, span);
      }
      const isClosed = isUsed || now - book.since >= settings.tick / 2;
      books.set(session.id, isClosed ? emptyBook(now) : book);
    }
    this.#books = books;
    this.#notes = new Map();
    this.#last = now;
    return { activities, uses: this.#charge(used, now) };
  }

  #bookOf({ id, opened }: Metered, now: number): Book {
    const begin = this.#books.get(id) ?? emptyBook(Math.min(Math.max(opened, this.#last), now));
    return { since: begin.since, ...enter(begin, this.#notes.get(id) ?? nothing) };
  }

  /** No account is charged twice for the same time, whichever of its sessions was in use. */
  #charge(used: ReadonlyMap<AccountId, readonly Span[]>, now: number): Use[] {
    const oldest = [...this.#books.values()].reduce((least, { since }) => Math.min(least, since), now);
    const charged = new Map<AccountId, readonly Span[]>();
    for (const account of new Set([...this.#charged.keys(), ...used.keys()])) {
      const spans = union([...(this.#charged.get(account) ?? []), ...(used.get(account) ?? [])]);
      const relevant = spans.filter(({ to }) => to > oldest);
      if (relevant.length > 0) charged.set(account, relevant);
    }
    const uses = [...used].map(([account, spans]) => ({
      account,
      spans: without(union(spans), this.#charged.get(account) ?? []),
    }));
    this.#charged = charged;
    return uses.filter(({ spans }) => spans.length > 0);
  }
}

const nothing: Sum = {
  from: Number.POSITIVE_INFINITY,
  to: Number.NEGATIVE_INFINITY,
  bytes: 0,
  packets: 0,
  isUncounted: false,
};

function emptyBook(since: number): Book {
  return { since, ...nothing };
}

function enter(sum: Sum, moved: Sum): Sum {
  return {
    from: Math.min(sum.from, moved.from),
    to: Math.max(sum.to, moved.to),
    bytes: sum.bytes + moved.bytes,
    packets: sum.packets + moved.packets,
    isUncounted: sum.isUncounted || moved.isUncounted,
  };
}

function enterUse(used: Map<AccountId, Span[]>, account: AccountId, span: Span): void {
  const spans = used.get(account);
  if (spans === undefined) used.set(account, [span]);
  else spans.push(span);
}

function wasUsed(book: Book, now: number, { tick, idleBytes }: MeterSettings): boolean {
  if (book.isUncounted) return true;
  const isMany = book.packets >= leastPackets || book.bytes > leastPackets * mostOfPacket;
  return isMany && book.bytes >= (idleBytes * (now - book.since)) / tick;
}

/** A connection that came and went since the last measurement was in use for its own life at most. */
function spanOf({ since, from, to }: Book, now: number): Span {
  const begin = Math.min(Math.max(from, since), now);
  return { from: begin, to: Math.max(begin, Math.min(to, now)) };
}
