// SPDX-License-Identifier: MIT
import type { Host } from './namespace.ts';

/**
 * What a home router does on its own: hides private IPv4 sources behind its WAN address. IPv6 is routed.
 * It lives in a table of its own, as a foreign firewall would.
 */
export const LAB_NAT = `
table inet labnat {
  chain published {
    type nat hook prerouting priority dstnat; policy accept;
  }
  chain outgoing {
    type nat hook postrouting priority srcnat; policy accept;
    meta nfproto ipv4 iifname { "lan", "admin", "containers" } oifname "wan" masquerade
  }
}
`;

/** The rules that Docker writes for a published port. */
export function publishRules(port: number, protocol: 'tcp' | 'udp', to: Host, toPort: number): string {
  const match = (family: 'ipv4' | 'ipv6') =>
    `add rule inet labnat published meta nfproto ${family} fib daddr type local ${protocol} dport ${port}`;
  return [
    `${match('ipv4')} dnat ip to ${to.ipv4}:${toPort}`,
    `${match('ipv6')} dnat ip6 to [${to.ipv6}]:${toPort}`,
    '',
  ].join('\n');
}
