// SPDX-License-Identifier: MIT
// A session as elements of our table's sets.
import { type Network, networkBytes, widen } from '@nftoggle/config';
import { recentTimeout } from './ruleset/admit.ts';
import { sessionSets } from './ruleset/names.ts';
import { formatComment } from './session-comment.ts';
import type { OpenSession } from './sessions.ts';

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
/**
 * How long our side is kept from reopening the way to a peer that was cut, in milliseconds: longer than a UDP
 * server goes on sending to somebody whom it does not hear any more. Whoever is let in again is not concerned.
 */
const cutTimeout = 24 * 60 * 60 * 1000;

export function sessionElement(session: OpenSession, now: number): SessionElement {
  const timeout = Math.max(leastTimeout, Math.ceil(session.until - now));
  return { ...sessionPlace(session), timeout, comment: formatComment(session) };
}

export function sessionPlace({ service, covers, link }: OpenSession): Pick<SessionElement, 'set' | 'key'> {
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
export function recentElement({ covers }: OpenSession): SessionElement[] {
  if (covers.family === 4) return [{ set: 'recent4', key: networkBytes(covers), timeout: recentTimeout }];
  if (covers.prefix < 64) return [];
  return [{ set: 'recent6', key: networkBytes(widen(covers, 64)), timeout: recentTimeout }];
}

export function cutElement(address: Network): SessionElement {
  return { set: address.family === 4 ? 'cut4' : 'cut6', key: networkBytes(address), timeout: cutTimeout };
}
