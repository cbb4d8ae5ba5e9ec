// SPDX-License-Identifier: MIT
// Sources that were never seen before: further addresses of a host on the WAN, so that each connection is asked about.
import type { Host } from '@nftoggle/lab';

/** What a configuration has to allow so that the fresh sources may come in. */
export const freshNetworks = ['203.0.113.128/25', '2001:db8:b::/48'] as const;

export interface FreshSource {
  readonly ipv4: string;
  /** In a /64 of its own: IPv6 sources may count by prefix. */
  readonly ipv6: string;
}

/** Gives `host` the addresses, and `gateway` the way back to them. */
export async function addFreshSources(host: Host, gateway: Host, count: number): Promise<FreshSource[]> {
  if (count > 120) throw new RangeError('there are 120 fresh sources');
  const sources = Array.from({ length: count }, (_, n) => ({
    ipv4: `203.0.113.${130 + n}`,
    ipv6: `2001:db8:b:${(n + 1).toString(16)}::7`,
  }));
  await host.ip(
    sources.flatMap(({ ipv4, ipv6 }) => [
      `address add ${ipv4}/24 dev eth0`,
      `address add ${ipv6}/128 dev eth0 nodad`,
    ]),
  );
  await gateway.ip([`route add 2001:db8:b::/48 via ${host.ipv6}`]);
  return sources;
}
