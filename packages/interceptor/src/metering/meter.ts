// SPDX-License-Identifier: MIT
// How long each account was in use, told by the counters of connections: an idle one that only keeps itself
// alive is no use, and several sessions at once use up an account once.
import type { AccountId } from '@nftoggle/contracts';
import type { ConntrackFlow } from '../native.ts';
import { flowKey, isLive } from '../session-flows.ts';

export interface MeterSettings {
  /** Between two measurements, in milliseconds. */
  readonly tick: number;
  /** A session that moved fewer in a tick was idle. */
  readonly idleBytes: number;
}

/** A session that is charged, as far as a meter needs to know it. */
export interface Metered {
  readonly key: string;
  readonly accounts: readonly AccountId[];
  /** When it was opened, by the clock's `now`. */
  readonly opened: number;
  readonly flows: readonly ConntrackFlow[];
}

/** An account was in use all the time between two moments of the clock's `now`. */
export interface Use {
  readonly account: AccountId;
  readonly from: number;
  readonly to: number;
}

type Traffic = NonNullable<ConntrackFlow['traffic']>;

/** What a session moved since a moment. */
interface Book {
  readonly from: number;
  readonly bytes: number;
  readonly packets: number;
  /** A connection of it has no counters, so it was in use. */
  readonly isUncounted: boolean;
}

/** However short the span: a keep-alive and its answer, each acknowledged, are no use. */
const leastPackets = 5;
/** What counts as one packet may be many that the network card put together (GRO): of a keep-alive it is not. */
const mostOfPacket = 1_500;

export class Meter {
  /** Counters as they were when connections were looked at last. */
  #seen: ReadonlyMap<string, Traffic> = new Map();
  #books: ReadonlyMap<string, Book> = new Map();
  /** Until when each account is charged. */
  #charged: ReadonlyMap<AccountId, number> = new Map();
  #last: number;

  constructor(now: number) {
    this.#last = now;
  }

  /** Nothing is metered: what moves from now on counts for those that are metered later. */
  pass(now: number): void {
    this.#books = new Map();
    this.#last = now;
  }

  /**
   * What was used up to now and not told before. A session that moved too little in less than half a tick is
   * left open: it may be a moment of quiet, and what it moves next is added to that.
   * @param flows all connections that were let in, those of sessions that are not metered among them
   */
  measure(
    sessions: readonly Metered[],
    flows: readonly ConntrackFlow[],
    now: number,
    settings: MeterSettings,
  ): Use[] {
    const moved = this.#look(flows);
    const books = new Map<string, Book>();
    const used = new Map<AccountId, number>();
    for (const session of sessions) {
      const book = this.#add(session, moved, now);
      const isUsed = wasUsed(book, now, settings);
      if (isUsed) for (const account of session.accounts) noteUse(used, account, book.from);
      const isClosed = isUsed || now - book.from >= settings.tick / 2;
      books.set(session.key, isClosed ? emptyBook(now) : book);
    }
    this.#books = books;
    this.#last = now;
    return this.#charge(used, now);
  }

  /** What each connection moved since it was looked at last; all that it ever moved at the first time. */
  #look(flows: readonly ConntrackFlow[]): ReadonlyMap<ConntrackFlow, Traffic> {
    const seen = new Map<string, Traffic>();
    const moved = new Map<ConntrackFlow, Traffic>();
    for (const flow of flows) {
      if (flow.traffic === undefined) continue;
      const key = flowKey(flow);
      moved.set(flow, since(this.#seen.get(key), flow.traffic));
      seen.set(key, flow.traffic);
    }
    this.#seen = seen;
    return moved;
  }

  #add({ key, opened, flows }: Metered, moved: ReadonlyMap<ConntrackFlow, Traffic>, now: number): Book {
    const { from, ...before } =
      this.#books.get(key) ?? emptyBook(Math.min(Math.max(opened, this.#last), now));
    let { bytes, packets, isUncounted } = before;
    for (const flow of flows) {
      bytes += moved.get(flow)?.bytes ?? 0;
      packets += moved.get(flow)?.packets ?? 0;
      isUncounted ||= flow.traffic === undefined && isLive(flow);
    }
    return { from, bytes, packets, isUncounted };
  }

  /** No account is charged twice for the same time, whichever of its sessions was in use. */
  #charge(used: ReadonlyMap<AccountId, number>, now: number): Use[] {
    const uses = [...used]
      .map(([account, from]) => ({
        account,
        from: Math.max(from, this.#charged.get(account) ?? from),
        to: now,
      }))
      .filter(({ from, to }) => to > from);
    const oldest = [...this.#books.values()].reduce((least, { from }) => Math.min(least, from), now);
    const relevant = [...this.#charged].filter(([, until]) => until > oldest);
    this.#charged = new Map([...relevant, ...uses.map(({ account, to }) => [account, to] as const)]);
    return uses;
  }
}

function emptyBook(from: number): Book {
  return { from, bytes: 0, packets: 0, isUncounted: false };
}

/** Counters that run backwards are those of another connection. */
function since(before: Traffic | undefined, now: Traffic): Traffic {
  if (before === undefined || before.bytes > now.bytes || before.packets > now.packets) return now;
  return { bytes: now.bytes - before.bytes, packets: now.packets - before.packets };
}

function wasUsed(book: Book, now: number, { tick, idleBytes }: MeterSettings): boolean {
  if (book.isUncounted) return true;
  const isMany = book.packets >= leastPackets || book.bytes > leastPackets * mostOfPacket;
  return isMany && book.bytes >= (idleBytes * (now - book.from)) / tick;
}

function noteUse(used: Map<AccountId, number>, account: AccountId, from: number): void {
  used.set(account, Math.min(used.get(account) ?? from, from));
}
