// SPDX-License-Identifier: MIT
import type { Network } from '@nftoggle/config';
import { type AddressNumbers, addressNumbers, noAddress } from './address-set.ts';
import type { CompiledRule, Matcher } from './compile.ts';

/** Who asks, parsed. Without an address only conditions on the MAC address, and `any`, can be met. */
export interface Asker {
  readonly address: Network | null;
  readonly numbers: AddressNumbers;
  readonly mac: string | undefined;
  /** A neighbour on the provider's side: whatever its address, it is not of the LAN. */
  readonly outside: boolean;
}

export function asker(address: Network | null, mac: string | undefined, outside = false): Asker {
  return { address, numbers: address === null ? noAddress : addressNumbers(address), mac, outside };
}

/** Told of every condition that is looked at, in order. */
export type Trace = (rule: CompiledRule, matcher: Matcher, passed: boolean) => void;

/** The one walk through the rules, of decisions and explanations alike: the first rule that matches, or null. */
export function firstMatch(
  rules: readonly CompiledRule[],
  who: Asker,
  trace?: Trace | undefined,
): CompiledRule | null {
  for (const rule of rules) {
    for (const matcher of rule.matchers) {
      const passed = matches(matcher, who);
      trace?.(rule, matcher, passed);
      if (passed) return rule;
    }
  }
  return null;
}

function matches(matcher: Matcher, { numbers, mac, outside }: Asker): boolean {
  if (matcher.any || (mac !== undefined && matcher.macs.has(mac))) return true;
  return (outside ? matcher.addressesNamed : matcher.addresses).has(numbers);
}
