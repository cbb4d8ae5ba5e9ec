// SPDX-License-Identifier: MIT
// Whom a session lets in where: one source has one session of a service.
import { contains, formatNetwork, type Network } from '@nftoggle/config';

export interface Place {
  readonly service: string;
  readonly covers: Network;
  /** The interface that a link-local source is on, because such an address means another host on each; else null. */
  readonly link: string | null;
}

export function sessionKey({ service, covers, link }: Place): string {
  return `${service} ${covers.family} ${covers.base}/${covers.prefix} ${link ?? ''}`;
}

/** `192.0.2.7`, `2001:db8::/64`, `fe80::1%eth0`. */
export function formatCovers({ covers, link }: Pick<Place, 'covers' | 'link'>): string {
  return link === null ? formatNetwork(covers) : `${formatNetwork(covers)}%${link}`;
}

/** The first address of a network. */
export function formatAddress(network: Network): string {
  const [address = ''] = formatNetwork(network).split('/');
  return address;
}

const linkLocal = { family: 6, base: 0xfe80n << 112n, prefix: 10 } as const;

/** What tells a link-local address from the same one on another link: its interface. Null for all others. */
export function linkOf(address: Network, interfaceName: string): string | null {
  return contains(linkLocal, address) ? interfaceName : null;
}
