// SPDX-License-Identifier: MIT
// Who is in: the sessions in the kernel's sets, and what we know of each.
import { familyBits, type Network, widen } from '@nftoggle/config';
import type {
  AccountId,
  AtEnd,
  Bound,
  FlowSource,
  Session,
  SessionId,
  SessionUse,
  Who,
} from '@nftoggle/contracts';
import { type Clock, shown } from './clock.ts';
import { leastStep } from './clock-watch.ts';
import { Deadlines } from './deadlines.ts';
import { errorCode } from './native.ts';
import {
  cutElement,
  recentElement,
  type SessionElement,
  type SessionSets,
  sessionElement,
  sessionPlace,
} from './session-elements.ts';
import { formatCovers, linkOf, type Place, sessionKey } from './session-place.ts';

export interface OpenSession extends Place {
  readonly id: SessionId;
  /** Of the source that was asked about last; of a prefix that was adopted, the first one. */
  readonly address: string;
  /** The interface that its source came in by; empty where that is not known. */
  readonly interface: string;
  /** Hardware address of that source, where that is known. */
  readonly mac: string | null;
  /** As `FlowSource` in contracts has it: the source is on the provider's side, whatever its address says. */
  readonly outside: boolean;
  /** As policy said last. */
  readonly who: Who;
  /** By the clock on the wall as it was then, in milliseconds: for people. That clock may have been set meanwhile. */
  readonly since: number;
  /** The same by the clock's `now`. */
  readonly began: number;
  /** By the clock's `now`. */
  readonly until: number;
  /** What ends it then. */
  readonly bound: Bound;
  /** What becomes of its connections when the time is over. */
  readonly atEnd: AtEnd;
  /** What its use is charged to. */
  readonly accounts: readonly AccountId[];
  readonly rule: string | null;
  readonly reason: string;
}

/** A transaction, and the kernel's answers to it, must fit into the buffers of a netlink socket. */
const restoreBatch = 32;

export class Sessions {
  readonly #sets: SessionSets;
  readonly #open = new Map<string, OpenSession>();
  /** The same by service and network alone: conntrack does not tell on which link an address is. */
  readonly #claims = new Map<string, OpenSession[]>();
  /** Of each session that somebody has to look at, at its end or when it was put off. */
  readonly #deadlines = new Deadlines();
  #onDeadline: () => void = () => undefined;
  #onChange: (session: OpenSession, isOpen: boolean) => void = () => undefined;
  /** The one width, besides a single address, that IPv6 sessions have. */
  readonly ipv6Prefix: number;

  constructor(sets: SessionSets, ipv6Prefix: number) {
    this.#sets = sets;
    this.ipv6Prefix = ipv6Prefix;
  }

  /**
   * Puts the session into the kernel and then into the books. One that is open already goes on as what it is called
   * and since when, and is all else that the new one is.
   * @returns false when that source had a session of the service already
   * @throws Error when the kernel does not take it; nothing is open then that was not before
   */
  open(session: OpenSession, now: number): boolean {
    const before = this.#open.get(sessionKey(session));
    const next = before === undefined ? session : { ...session, ...beginningOf(before) };
    this.#sets.put([sessionElement(next, now)]);
    this.#enter(next);
    return before === undefined;
  }

  /**
   * Gives sessions that are open another end, in the kernel and in the books.
   * @returns those for which the kernel has no room any more: they are as they were
   */
  renew(sessions: readonly OpenSession[], now: number): OpenSession[] {
    const left = this.#putBatches(sessions, now);
    const unfit = new Set(left);
    for (const session of sessions) if (!unfit.has(session)) this.#enter(session);
    return left;
  }

  /** Lets its source ask among the known ones from now on. Throws when the kernel has no room for one more. */
  remember(session: OpenSession): void {
    const elements = recentElement(session);
    if (elements.length > 0) this.#sets.put(elements);
  }

  /** Takes over a session that the kernel kept while we were away. */
  adopt(session: OpenSession): void {
    this.#enter(session);
  }

  /** The live session that lets this address, seen on this interface, use this service. */
  find(service: string, address: Network, interfaceName: string, now: number): OpenSession | undefined {
    const link = linkOf(address, interfaceName);
    const widths = address.family === 4 ? [32] : [128, this.ipv6Prefix];
    for (const prefix of widths) {
      const session = this.#open.get(sessionKey({ service, covers: widen(address, prefix), link }));
      if (session !== undefined && session.until > now) return session;
    }
    return undefined;
  }

  /** The session by which a peer uses a service; where an address and its prefix have one each, that of the address. */
  ownerOf(service: string, peer: Network): OpenSession | undefined {
    const widths = new Set([familyBits[peer.family], peer.family === 6 ? this.ipv6Prefix : 32]);
    for (const prefix of widths) {
      const owner = this.#claims.get(claimOf({ service, covers: widen(peer, prefix) }))?.at(-1);
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  /** Takes the elements of these sessions out of the kernel, where they are still there; the books stay as they are. */
  withdraw(sessions: readonly OpenSession[]): void {
    if (sessions.length > 0) this.#sets.remove(sessions.map(sessionPlace));
  }

  /**
   * For a while nothing that our side sends to these addresses opens a way back for them.
   * @throws Error when the kernel does not take some of them; it has all others then
   */
  shutOut(addresses: readonly Network[]): void {
    const each = new Map(addresses.map((address) => [`${address.family} ${address.base}`, address]));
    let failure: unknown;
    for (const elements of batchesOf([...each.values()].map(cutElement)))
      failure = this.#failureOf(elements) ?? failure;
    if (failure !== undefined) throw failure;
  }

  /** Has the source a session of the service, be it this one or another that took its place? */
  has(session: OpenSession): boolean {
    return this.#open.has(sessionKey(session));
  }

  /** Is it this very session: not ended, and not replaced by a newer answer? */
  isCurrent(session: OpenSession): boolean {
    return this.#open.get(sessionKey(session)) === session;
  }

  /** Drops a session from the books. */
  forget(session: OpenSession): void {
    const key = sessionKey(session);
    const known = this.#open.get(key);
    if (known === undefined) return;
    this.#open.delete(key);
    this.#deadlines.discard(key);
    this.#unclaim(known);
    this.#onChange(known, false);
  }

  /** `listener` is called when a session becomes due earlier than any other. */
  followDeadlines(listener: () => void): void {
    this.#onDeadline = listener;
  }

  /** `listener` is called when a session was entered into the books, or another one in its place, or taken out. */
  followChanges(listener: (session: OpenSession, isOpen: boolean) => void): void {
    this.#onChange = listener;
  }

  /** By the clock's `now`. */
  get nextDeadline(): number | undefined {
    return this.#deadlines.next;
  }

  /** The sessions whose time is over, each once. They stay in the books; the kernel drops their elements by itself. */
  takeDue(now: number): OpenSession[] {
    return this.#deadlines.take(now).flatMap((key) => this.#open.get(key) ?? []);
  }

  /** A session is due again at another moment, its end notwithstanding. */
  postpone(session: OpenSession, at: number): void {
    if (this.isCurrent(session)) this.#setDeadline(sessionKey(session), at);
  }

  /** Puts every live session into sets that were lost. Returns those that do not fit: they are in the books alone. */
  restore(now: number): OpenSession[] {
    return this.#putBatches(
      this.list().filter((session) => session.until > now),
      now,
    );
  }

  get size(): number {
    return this.#open.size;
  }

  list(): OpenSession[] {
    return [...this.#open.values()];
  }

  /** How many sessions each service has that has any. */
  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { service } of this.#open.values()) counts.set(service, (counts.get(service) ?? 0) + 1);
    return counts;
  }

  #enter(session: OpenSession): void {
    const key = sessionKey(session);
    const before = this.#open.get(key);
    if (before !== undefined) this.#unclaim(before);
    this.#open.set(key, session);
    const claim = claimOf(session);
    this.#claims.set(claim, [...(this.#claims.get(claim) ?? []), session]);
    this.#setDeadline(key, session.until);
    this.#onChange(session, true);
  }

  #unclaim(session: OpenSession): void {
    const claim = claimOf(session);
    const left = this.#claims.get(claim)?.filter((other) => other !== session) ?? [];
    if (left.length === 0) this.#claims.delete(claim);
    else this.#claims.set(claim, left);
  }

  #setDeadline(key: string, at: number): void {
    const next = this.#deadlines.next;
    this.#deadlines.set(key, at);
    if (next === undefined || at < next) this.#onDeadline();
  }

  /** Returns those that do not fit. */
  #putBatches(sessions: readonly OpenSession[], now: number): OpenSession[] {
    return batchesOf(sessions)
      .filter((batch) => !this.#fit(batch, now))
      .flatMap((batch) => batch.filter((session) => !this.#fit([session], now)));
  }

  /** Puts what fits; why something did not, if so. */
  #failureOf(elements: readonly SessionElement[]): unknown {
    try {
      this.#sets.put(elements);
      return undefined;
    } catch (error) {
      if (elements.length === 1) return error;
      return elements.reduce<unknown>((failure, element) => this.#failureOf([element]) ?? failure, undefined);
    }
  }

  #fit(sessions: readonly OpenSession[], now: number): boolean {
    try {
      this.#sets.put(sessions.map((session) => sessionElement(session, now)));
      return true;
    } catch (error) {
      if (errorCode(error) === 'ENFILE') return false;
      throw error;
    }
  }
}

function batchesOf<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / restoreBatch) }, (_, i) =>
    all.slice(i * restoreBatch, (i + 1) * restoreBatch),
  );
}

/** `use`: what it was used for up to now. */
export function describeSession(session: OpenSession, use: SessionUse, clock: Clock): Session {
  return {
    session: session.id,
    service: session.service,
    who: session.who,
    covers: formatCovers(session),
    since: new Date(sinceOf(session, clock)).toISOString(),
    until: shown(clock, session.until),
    bound: session.bound,
    at_end: session.atEnd,
    metered: session.accounts.length > 0,
    rule: session.rule,
    reason: session.reason,
    use,
  };
}

function beginningOf({ id, since, began }: OpenSession): Pick<OpenSession, 'id' | 'since' | 'began'> {
  return { id, since, began };
}

/** When it began, by the clock on the wall as it is set now, so that its length is right. */
export function sinceOf({ since, began }: OpenSession, { now, wall }: Clock): number {
  const set = wall() + began - now();
  return Math.abs(set - since) < leastStep ? since : Math.round(set);
}

/** Whom it lets in, as events tell it. */
export function sourceOf({ address, mac, outside }: OpenSession): FlowSource {
  return { address, ...(mac === null ? {} : { mac }), ...(outside ? { outside: true } : {}) };
}

function claimOf({ service, covers: { family, base, prefix } }: Pick<Place, 'service' | 'covers'>): string {
  return `${service} ${family} ${base}/${prefix}`;
}
