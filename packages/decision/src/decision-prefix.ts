// SPDX-License-Identifier: MIT
// IPv6 hosts change their address within their prefix (privacy addresses, RFC 8981). One answer may hold for
// the whole prefix, so that each change is not a new question; but only where it is the answer for all of it.
import { contains, familyBits, type Network, parseNetwork, widen } from '@nftoggle/config';
import type { CompiledPolicy, CompiledRule } from './compile.ts';
import type { Asker } from './evaluate.ts';

const linkLocal = parseNetwork('fe80::/10');

/** How many leading bits of the address the outcome holds for, when `lookedAt` are the rules that led to it. */
export function decisionPrefix(
  policy: CompiledPolicy,
  who: Asker,
  lookedAt: readonly CompiledRule[],
): number {
  const { address } = who;
  if (address === null) return familyBits[4];
  const bits = familyBits[address.family];
  if (!mayWiden(address, who.mac) || policy.ipv6Prefix >= bits) return bits;
  const network = widen(address, policy.ipv6Prefix);
  return lookedAt.every((rule) => treatsAlike(rule, network)) ? policy.ipv6Prefix : bits;
}

/** An on-link source has a MAC address that rules may name, and link-local prefixes are the same everywhere. */
function mayWiden(address: Network, mac: string | undefined): boolean {
  if (address.family === 4 || mac !== undefined) return false;
  return linkLocal !== null && !contains(linkLocal, address);
}

/**
 * Does the rule match either every address of the network or none? A device known by MAC address may have
 * any address, so a rule that names one is sure of all of them only when another of its sources holds them all.
 */
function treatsAlike(rule: CompiledRule, network: Network): boolean {
  let touched = false;
  for (const matcher of rule.matchers) {
    const share = matcher.any ? 'all' : matcher.addresses.share(network);
    if (share === 'all') return true;
    touched ||= share === 'some' || matcher.macs.size > 0;
  }
  return !touched;
}
