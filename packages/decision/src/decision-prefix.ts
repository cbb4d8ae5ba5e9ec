// SPDX-License-Identifier: MIT
// IPv6 hosts change their address within their prefix (privacy addresses, RFC 8981). One answer may hold for
// the whole prefix, so that each change is not a new question; but only where it is the answer for all of it.
import { contains, familyBits, type Network, parseNetwork, widen } from '@nftoggle/config';
import type { Sender } from './asker.ts';
import type { CompiledPolicy, CompiledRule } from './compile.ts';
import type { Case } from './conditions.ts';
import type { Matcher } from './matcher.ts';
import type { Outcome } from './walk.ts';

const linkLocal = parseNetwork('fe80::/10');

/** How many leading bits of the sender's address the outcome holds for. */
export function decisionPrefix(kase: Case, sender: Sender, outcome: Outcome): number {
  const { address } = sender;
  if (address === null) return familyBits[4];
  const bits = familyBits[address.family];
  const { ipv6Prefix } = kase.policy;
  if (!mayWiden(address, sender.mac) || ipv6Prefix >= bits) return bits;
  const prefix = new Prefix(kase, sender, widen(address, ipv6Prefix));
  return isAlike(kase, prefix, sender, outcome) ? ipv6Prefix : bits;
}

/** An on-link source has a MAC address that rules may name, and link-local prefixes are the same everywhere. */
function mayWiden(address: Network, mac: string | undefined): boolean {
  if (address.family === 4 || mac !== undefined) return false;
  return linkLocal !== null && !contains(linkLocal, address);
}

/** Does everything that led to the outcome treat every address of the prefix alike, and is none of them a device? */
function isAlike(kase: Case, prefix: Prefix, sender: Sender, outcome: Outcome): boolean {
  if (prefix.hasDevice()) return false;
  const { deny, allow } = kase.service;
  // What never ends needs no look at the rules behind it.
  if (
    outcome.kind === 'denied' &&
    outcome.rule.windows === null &&
    outcome.rule.expires === Number.POSITIVE_INFINITY
  ) {
    return prefix.isAlikeFor(deny.slice(0, deny.indexOf(outcome.rule) + 1));
  }
  const allowed = outcome.kind === 'allowed' ? allow.slice(0, allow.indexOf(outcome.rule) + 1) : allow;
  return (
    prefix.isAlikeFor(deny) &&
    prefix.isAlikeFor(allowed) &&
    sender.peopleAsked.every(({ matcher }) => prefix.isCertain(matcher)) &&
    kase.world.grants(kase.service.name).every(({ source }) => {
      const matcher = kase.policy.matcherOf(source);
      return matcher === null || prefix.isCertain(matcher);
    })
  );
}

/** The addresses among which the sender may change its own. */
class Prefix {
  readonly #kase: Case;
  readonly #sender: Sender;
  readonly #network: Network;

  constructor(kase: Case, sender: Sender, network: Network) {
    this.#kase = kase;
    this.#sender = sender;
    this.#network = network;
  }

  /** Who is told by one of its addresses would be told no more by the answer to another. */
  hasDevice(): boolean {
    return this.#kase.policy.known.hasOneIn(this.#network);
  }

  isAlikeFor(rules: readonly CompiledRule[]): boolean {
    return rules.every((rule) => this.#isAlikeForRule(rule));
  }

  /** Does the source hold every address of the prefix, or none of them? */
  isCertain(matcher: Matcher): boolean {
    return this.#share(matcher) !== 'some';
  }

  /** Does the rule match every address, by the same of its entries if each has an account of its own, or none? */
  #isAlikeForRule(rule: CompiledRule): boolean {
    const asksPlace = rule.countries !== null || rule.notCountries !== null;
    let touched = false;
    for (const { matcher, budget } of rule.entries) {
      const share = this.#share(matcher);
      if (share === 'all') return (!touched || budget === null) && (!asksPlace || this.#isOnePlace());
      touched ||= share === 'some';
    }
    return !touched;
  }

  /**
   * A device known by MAC address may have any address, so a source that names one is sure of all of them only
   * when another part of it holds them all.
   */
  #share(matcher: Matcher): 'all' | 'none' | 'some' {
    if (matcher.any) return 'all';
    const addresses = this.#sender.outside ? matcher.addressesNamed : matcher.addresses;
    const share = addresses.share(this.#network);
    if (share === 'all') return 'all';
    let touched = share === 'some' || matcher.macs.size > 0;
    for (const name of matcher.names) {
      const named = this.#kase.world.addressesOf(name)?.share(this.#network) ?? 'none';
      if (named === 'all') return 'all';
      touched ||= named === 'some';
    }
    if (!matcher.asksPlace) return touched ? 'some' : 'none';
    if (touched || !this.#isOnePlace()) return 'some';
    return this.#sender.is(matcher) ? 'all' : 'none';
  }

  #isOnePlace(): boolean {
    return isOnePlace(this.#kase.policy, this.#sender, this.#network);
  }
}

/** Is every address of the network in the place that the sender is in? */
export function isOnePlace(policy: CompiledPolicy, sender: Sender, network: Network): boolean {
  const place = sender.place();
  if (sender.outside) return true;
  const nowhere = policy.nowhere.share(network);
  if (place === null) return nowhere === 'all';
  return nowhere === 'none' && place.prefix <= network.prefix;
}
