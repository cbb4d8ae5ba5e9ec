// SPDX-License-Identifier: MIT
// Who is in: the sessions in the kernel's sets, and what we know of each.
import { contains, formatNetwork, type Network, networkBytes, widen } from '@nftoggle/config';
import type { Session } from '@nftoggle/contracts';
import { type Clock, shown } from './clock.ts';
import { errorCode } from './native.ts';
import { recentTimeout } from './ruleset/admit.ts';
import { sessionSets } from './ruleset/names.ts';
import { formatComment } from './session-comment.ts';

export interface OpenSession {
  readonly service: string;
  readonly covers: Network;
  /** The interface that a link-local source is on, because such an address means another host on each; else null. */
  readonly link: string | null;
  /** Hardware address of the source that opened it, where that is known. */
  readonly mac: string | null;
  /** By the clock on the wall, in milliseconds: for people. */
  readonly since: number;
  /** By the clock's `now`. */
  readonly until: number;
  readonly rule: string | null;
  readonly reason: string;
}

/** An element of a set of our table, with the time it has left in milliseconds. */
export interface SessionElement {
  readonly set: string;
  readonly key: Uint8Array;
  readonly timeout: number;
  readonly comment?: string;
}

/**
 * Where sessions take effect. `put` returns only when the kernel has all elements, and throws if it has none
 * (ENFILE: a set is full); `remove` does not mind an element that is gone already.
 */
export interface SessionSets {
  put(elements: readonly SessionElement[]): void;
  remove(elements: readonly Omit<SessionElement, 'timeout'>[]): void;
}

/** Shorter timeouts are rounded up to this: nftables reads zero as "for ever". */
const leastTimeout = 1_000;
/** How long a cut peer is kept from reopening the way from our side, in milliseconds. */
const cutTimeout = 10 * 60 * 1000;
/** A transaction, and the kernel's answers to it, must fit into the buffers of a netlink socket. */
const restoreBatch = 32;

export class Sessions {
  readonly #sets: SessionSets;
  readonly #open = new Map<string, OpenSession>();
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
    const key = sessionKey(session);
    const isNew = !this.#open.has(key);
    this.#open.set(key, isNew ? session : { ...session, since: this.#open.get(key)?.since ?? session.since });
    return isNew;
  }

  /** Lets its source ask among the known ones from now on. Throws when the kernel has no room for one more. */
  remember(session: OpenSession): void {
    const elements = recentElement(session);
    if (elements.length > 0) this.#sets.put(elements);
  }

  /** Takes over a session that the kernel kept while we were away. */
  adopt(session: OpenSession): void {
    this.#open.set(sessionKey(session), session);
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

  /** For a while nothing that our side sends to these addresses opens a way back for them. */
  shutOut(addresses: readonly Network[]): void {
    for (const address of addresses) this.#sets.put([cutElement(address)]);
  }

  has(session: OpenSession): boolean {
    return this.#open.has(sessionKey(session));
  }

  /** Drops a session from the books. */
  forget(session: OpenSession): void {
    this.#open.delete(sessionKey(session));
  }

  /** Drops the sessions whose time is over from the books, and returns them. The kernel drops their elements by itself. */
  takeExpired(now: number): OpenSession[] {
    const expired = this.list().filter((session) => session.until <= now);
    for (const session of expired) this.#open.delete(sessionKey(session));
    return expired;
  }

  /** Puts every live session into sets that were lost. Returns those that do not fit: they are in the books alone. */
  restore(now: number): OpenSession[] {
    const live = this.list().filter((session) => session.until > now);
    const batches = Array.from({ length: Math.ceil(live.length / restoreBatch) }, (_, i) =>
      live.slice(i * restoreBatch, (i + 1) * restoreBatch),
    );
    return batches
      .filter((batch) => !this.#fit(batch, now))
      .flatMap((batch) => batch.filter((session) => !this.#fit([session], now)));
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

  list(): OpenSession[] {
    return [...this.#open.values()];
  }

  /** How many sessions each service has that has any. */
  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { service } of this.#open.values()) counts.set(service, (counts.get(service) ?? 0) + 1);
    return counts;
  }
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
    rule: session.rule,
    reason: session.reason,
  };
}

const linkLocal = { family: 6, base: 0xfe80n << 112n, prefix: 10 } as const;

/** What tells a link-local address from the same one on another link: its interface. Null for all others. */
export function linkOf(address: Network, interfaceName: string): string | null {
  return contains(linkLocal, address) ? interfaceName : null;
}

function sessionKey({ service, covers, link }: Pick<OpenSession, 'service' | 'covers' | 'link'>): string {
  return `${service} ${covers.family} ${covers.base}/${covers.prefix} ${link ?? ''}`;
}

function sessionElement(session: OpenSession, now: number): SessionElement {
  const timeout = Math.max(leastTimeout, Math.ceil(session.until - now));
  return { ...sessionPlace(session), timeout, comment: formatComment(session) };
}

function sessionPlace({ service, covers, link }: OpenSession): Pick<SessionElement, 'set' | 'key'> {
  const sets = sessionSets(service);
  const key = networkBytes(covers);
  if (covers.family === 4) return { set: sets.v4, key };
  if (link !== null) return { set: sets.v6Link, key: Buffer.concat([key, interfaceKey(link)]) };
  return { set: covers.prefix === 128 ? sets.v6 : sets.v6Prefix, key };
}

/** An `ifname` in a set is 16 bytes, the name first and zeros behind (IFNAMSIZ). */
function interfaceKey(name: string): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.write(name.slice(0, 15), 'latin1');
  return bytes;
}

/** IPv6 sources come back from another address of their /64, so that is what is remembered of them. */
function recentElement({ covers }: OpenSession): SessionElement[] {
  if (covers.family === 4) return [{ set: 'recent4', key: networkBytes(covers), timeout: recentTimeout }];
  if (covers.prefix < 64) return [];
  return [{ set: 'recent6', key: networkBytes(widen(covers, 64)), timeout: recentTimeout }];
}

function cutElement(address: Network): SessionElement {
  return { set: address.family === 4 ? 'cut4' : 'cut6', key: networkBytes(address), timeout: cutTimeout };
}
