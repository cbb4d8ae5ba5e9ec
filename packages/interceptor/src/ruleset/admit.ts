// SPDX-License-Identifier: MIT
// Who may put a question to user space. Sources that a rule could allow, and sources that had a session
// lately, have a lane of their own; everybody else shares a limited one, so that a flood of strangers
// starves nobody who may come in.
import type { ExpandedSources, Limits } from '@nftoggle/config';
import { networkSet } from './network-set.ts';
import type { Chain, SetDeclaration } from './render.ts';

/** How long a source counts as known after its last session was opened, in milliseconds. */
export const recentTimeout = 30 * 24 * 3600 * 1000;

/** A question under way: further packets of the flow join it and do not count against the limits again. */
const asking = 'flags dynamic,timeout; size 16384; timeout 2s;';
const perNetwork = 'flags dynamic,timeout; size 65536; timeout 60s;';

export const admitSets: readonly SetDeclaration[] = [
  { name: 'recent4', spec: 'type ipv4_addr; flags timeout; size 65536;' },
  { name: 'recent6', spec: 'type ipv6_addr; flags timeout; size 65536;' },
  { name: 'asking4', spec: `type ipv4_addr . inet_service . inet_service; ${asking}` },
  { name: 'asking6', spec: `type ipv6_addr . inet_service . inet_service; ${asking}` },
  { name: 'burst4', spec: `type ipv4_addr . inet_service . inet_service; ${asking}` },
  { name: 'burst6', spec: `type ipv6_addr . inet_service . inet_service; ${asking}` },
  { name: 'source4', spec: `type ipv4_addr; ${perNetwork}` },
  { name: 'source6', spec: `type ipv6_addr; ${perNetwork}` },
  { name: 'rate4', spec: `type ipv4_addr; ${perNetwork}` },
  { name: 'rate6', spec: `type ipv6_addr; ${perNetwork}` },
];

/** Whom a rule could allow, as far as the kernel can tell. */
export type Known = Pick<ExpandedSources, 'networks' | 'macs'>;

export function admitChains(known: Known, limits: Limits): Chain[] {
  return [knownChain(limits), strangerChain(limits), admitChain(known)];
}

function knownChain({ knownPerSecond }: Limits): Chain {
  // One compromised device on the LAN gets a quarter of the lane.
  const own = `limit rate over ${Math.ceil(knownPerSecond / 4)}/second burst ${knownPerSecond} packets`;
  return {
    name: 'admit_known',
    rules: [
      `update @source4 { ip saddr ${own} } counter drop`,
      `update @source6 { ip6 saddr & ffff:ffff:ffff:ffff:: ${own} } counter drop`,
      `limit rate over ${knownPerSecond}/second burst ${knownPerSecond * 2} packets counter drop`,
      'goto queue_known',
    ],
  };
}

function strangerChain({ strangerPerMinute, strangersPerSecond }: Limits): Chain {
  const flow = (ip: string): string => `${ip} saddr . th sport . th dport`;
  const families = [
    { ip: 'ip', n: 4, network: 'ip saddr & 255.255.255.0' },
    { ip: 'ip6', n: 6, network: 'ip6 saddr & ffff:ffff:ffff:ff00::' },
  ];
  const burst = Math.max(6, Math.ceil(strangerPerMinute / 2));
  return {
    name: 'admit_stranger',
    rules: [
      ...families.map(
        ({ ip, n }) =>
          `${flow(ip)} @asking${n} update @burst${n} { ${flow(ip)} limit rate over 256/second burst 256 packets } counter drop`,
      ),
      ...families.map(({ ip, n }) => `${flow(ip)} @asking${n} goto queue_strangers`),
      ...families.map(
        ({ network, n }) =>
          `update @rate${n} { ${network} limit rate over ${strangerPerMinute}/minute burst ${burst} packets } counter drop`,
      ),
      `limit rate over ${strangersPerSecond}/second burst ${strangersPerSecond * 2} packets counter drop`,
      // One rule: when the set is full the rule does not match, and the packet falls to the drop.
      ...families.map(({ ip, n }) => `add @asking${n} { ${flow(ip)} } goto queue_strangers`),
      'counter drop',
    ],
  };
}

function admitChain({ networks, macs }: Known): Chain {
  const [v4, v6] = [networkSet(networks, 4), networkSet(networks, 6)];
  return {
    name: 'admit',
    rules: [
      ...(v4 === null ? [] : [`ip saddr ${v4} goto admit_known`]),
      ...(v6 === null ? [] : [`ip6 saddr ${v6} goto admit_known`]),
      // A device may have any address, that of a noisy neighbourhood too. Off-link its packets carry the
      // router's hardware address; a forged one gets no further than a question.
      ...(macs.length === 0 ? [] : [`ether saddr { ${macs.join(', ')} } goto admit_known`]),
      'ip saddr @recent4 goto admit_known',
      'ip6 saddr & ffff:ffff:ffff:ffff:: @recent6 goto admit_known',
      'goto admit_stranger',
    ],
  };
}
