// SPDX-License-Identifier: MIT
// Who is in: the sessions in the kernel's sets, and what we know of each.
import { contains, formatNetwork, type Network, widen } from '@nftoggle/config';
import type { AccountId, AtEnd, Bound, Session } from '@nftoggle/contracts';
import { type Clock, shown } from './clock.ts';
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

export interface OpenSession {
  readonly service: string;
  readonly covers: Network;
  /** The interface that a link-local source is on, because such an address means another host on each; else null. */
  readonly link: string | null;
  /** The interface that its source came in by; empty where that is not known. */
  readonly interface: string;
  /** Hardware address of the source that opened it, where that is known. */
  readonly mac: string | null;
  /** As `FlowSource` in contracts has it: the source is on the provider's side, whatever its address says. */
  readonly outside: boolean;
  /** By the clock on the wall, in milliseconds: for people. */
  readonly since: number;
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
  /** Of each session that somebody has to look at, at its end or when it was put off. */
  readonly #deadlines = new Deadlines();
  #onDeadline: () => void = () => undefined;
  /** The one width, besides a single address, that IPv6 sessions have. */
  readonly ipv6Prefix: number;

  constructor(sets: SessionSets, ipv6Prefix: number) {
    this.#sets = sets;
    this.ipv6Prefix = ipv6Prefix;
  }

  /**
   * Puts the session into the kernel and then into the books. Opening one that is open already replaces it.
   * @returns false when that source had a session of the service already
   * @throws Error when the kernel does not take it; nothing is open then that was not before
   */
  open(session: OpenSession, now: number): boolean {
    this.#sets.put([sessionElement(session, now)]);
    const before = this.#open.get(sessionKey(session));
    this.#enter(before === undefined ? session : { ...session, since: before.since });
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
    this.#open.delete(key);
    this.#deadlines.discard(key);
  }

  /** `listener` is called when a session becomes due earlier than any other. */
  followDeadlines(listener: () => void): void {
    this.#onDeadline = listener;
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
    this.#open.set(key, session);
    this.#setDeadline(key, session.until);
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

/** `192.0.2.7`, `2001:db8::/64`, `fe80::1%eth0`. */
export function formatCovers({ covers, link }: Pick<OpenSession, 'covers' | 'link'>): string {
  return link === null ? formatNetwork(covers) : `${formatNetwork(covers)}%${link}`;
}

export function describeSession(session: OpenSession, clock: Clock): Session {
  return {
    service: session.service,
    covers: formatCovers(session),
    since: new Date(session.since).toISOString(),
    until: shown(clock, session.until),
    bound: session.bound,
    at_end: session.atEnd,
    metered: session.accounts.length > 0,
    rule: session.rule,
    reason: session.reason,
  };
}

const linkLocal = { family: 6, base: 0xfe80n << 112n, prefix: 10 } as const;

/** What tells a link-local address from the same one on another link: its interface. Null for all others. */
export function linkOf(address: Network, interfaceName: string): string | null {
  return contains(linkLocal, address) ? interfaceName : null;
}

/** One source has one session of a service. */
export function sessionKey({
  service,
  covers,
  link,
}: Pick<OpenSession, 'service' | 'covers' | 'link'>): string {
  return `${service} ${covers.family} ${covers.base}/${covers.prefix} ${link ?? ''}`;
}
