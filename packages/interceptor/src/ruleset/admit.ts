// SPDX-License-Identifier: MIT
// Who may put a question to user space. Sources that a rule could allow, and sources that had a session
// lately, have a lane of their own; everybody else shares a limited one, so that a flood of strangers
// starves nobody who may come in.
import type { ExpandedSources, Limits } from '@nftoggle/config';
import { networkSet } from './network-set.ts';
import type { Chain, SetDeclaration } from './render.ts';

/** How long a source counts as known after its last session was opened, in milliseconds. */
export const recentTimeout = 30 * 24 * 3600 * 1000;

/** How long a stranger's question counts as under way, and how long a limit remembers, in seconds. */
const [asking, limited] = [2, 60];

export const admitSets: readonly SetDeclaration[] = ([4, 6] as const).flatMap((family) => {
  const type = [`ipv${family}_addr`];
  return [
    { name: `recent${family}`, type, size: 65_536 },
    { name: `asking${family}`, type, size: 16_384, ruleTimeout: asking },
    { name: `burst${family}`, type, size: 16_384, ruleTimeout: asking },
    { name: `source${family}`, type, size: 65_536, ruleTimeout: limited },
    { name: `rate${family}`, type, size: 65_536, ruleTimeout: limited },
  ];
});

/** Whom a rule could allow, as far as the kernel can tell. */
export type Known = Pick<ExpandedSources, 'networks' | 'macs'>;

export function admitChains(known: Known, limits: Limits): Chain[] {
  return [knownChain(limits), joiningChain(limits), strangerChain(limits), admitChain(known)];
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

/**
 * A stranger pays once for a question, by the limits of its network and of all strangers together. What it
 * sends while the question is under way (retransmits, a browser's further connections, a burst of datagrams)
 * joins it without paying again, up to bounds that keep user space from drowning.
 */
function strangerChain({ strangerPerMinute, strangersPerSecond }: Limits): Chain {
  const families = [
    { source: 'ip saddr', n: 4, network: 'ip saddr & 255.255.255.0' },
    { source: 'ip6 saddr', n: 6, network: 'ip6 saddr & ffff:ffff:ffff:ff00::' },
  ];
  const burst = Math.max(6, Math.ceil(strangerPerMinute / 2));
  return {
    name: 'admit_stranger',
    rules: [
      ...families.map(({ source, n }) => `${source} @asking${n} goto admit_joining`),
      ...families.map(
        ({ network, n }) =>
          `update @rate${n} { ${network} limit rate over ${strangerPerMinute}/minute burst ${burst} packets } counter drop`,
      ),
      `limit rate over ${strangersPerSecond}/second burst ${strangersPerSecond * 2} packets counter drop`,
      // One rule: when the set is full the rule does not match, and the packet falls to the drop.
      ...families.map(({ source, n }) => `add @asking${n} { ${source} } goto queue_strangers`),
      'counter drop',
    ],
  };
}

function joiningChain({ strangersPerSecond }: Limits): Chain {
  const own = 'limit rate over 256/second burst 256 packets';
  const all = strangersPerSecond * 10;
  return {
    name: 'admit_joining',
    rules: [
      `update @burst4 { ip saddr ${own} } counter drop`,
      `update @burst6 { ip6 saddr ${own} } counter drop`,
      `limit rate over ${all}/second burst ${all * 2} packets counter drop`,
      'goto queue_strangers',
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
