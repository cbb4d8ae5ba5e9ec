// SPDX-License-Identifier: MIT
import { type Network, parseNetwork } from '@nftoggle/config';
import { AddressSet } from './address-set.ts';

/**
 * Addresses that are in no country, whatever a database says: those that the Internet does not route (IANA's
 * special-purpose registries). The ranges for documentation are left out on purpose: where one of them is met,
 * it stands for a public address.
 */
const specialRanges = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
  '::/127',
  '64:ff9b:1::/48',
  '100::/64',
  'fc00::/7',
  'fe80::/9',
  'ff00::/8',
];

/** Those, and what the configuration calls its LAN: its owner is nobody's foreigner at home. */
export function nowhereAddresses(lan: readonly Network[]): AddressSet {
  return new AddressSet([...specialRanges.flatMap((text) => parseNetwork(text) ?? []), ...lan]);
}
