// SPDX-License-Identifier: MIT
import { type Network, parseNetwork } from '@nftoggle/config';
import { AddressSet } from './address-set.ts';

/**
 * Addresses that are in no country, because nothing on the Internet has them: those that the IANA special-purpose
 * registries (RFC 6890, RFC 8190) call not globally reachable, and multicast.
 *
 * Blocks that can reach a box from the Internet are left out on purpose, even where they are nowhere on a map, such
 * as Teredo (2001::/32), 6to4 (2002::/16) and NAT64 (64:ff9b::/96): they are public addresses of an unknown
 * country, and so kept out by conditions on countries, not passed over by them. The ranges for examples in documents
 * are left out, too: where one of them is met, it stands for a public address.
 */
export const specialNetworks: readonly Network[] = [
  '0.0.0.0/8', //         this network, RFC 791
  '10.0.0.0/8', //        private use, RFC 1918
  '100.64.0.0/10', //     shared by the customers of a provider (CGNAT), RFC 6598
  '127.0.0.0/8', //       loopback, RFC 1122
  '169.254.0.0/16', //    link-local, RFC 3927
  '172.16.0.0/12', //     private use, RFC 1918
  '192.0.0.0/24', //      IETF protocol assignments, RFC 6890
  '192.168.0.0/16', //    private use, RFC 1918
  '198.18.0.0/15', //     benchmarking, RFC 2544
  '224.0.0.0/4', //       multicast, RFC 5771
  '240.0.0.0/4', //       reserved, RFC 1112, and limited broadcast, RFC 919
  '::/128', //            unspecified, RFC 4291
  '::1/128', //           loopback, RFC 4291
  '64:ff9b:1::/48', //    translation within a network, RFC 8215
  '100::/64', //          discard-only, RFC 6666
  '100:0:0:1::/64', //    dummy prefix, RFC 9780
  '2001:2::/48', //       benchmarking, RFC 5180
  '2001:10::/28', //      ORCHID of old, RFC 4843
  '5f00::/16', //         segment routing identifiers, RFC 9602
  'fc00::/7', //          unique-local, RFC 4193
  'fe80::/10', //         link-local, RFC 4291
  'fec0::/10', //         site-local of old, RFC 3879
  'ff00::/8', //          multicast, RFC 4291
].flatMap((text) => parseNetwork(text) ?? []);

/** Those, and what the configuration calls its LAN: its owner is nobody's foreigner at home. */
export function nowhereAddresses(lan: readonly Network[]): AddressSet {
  return new AddressSet([...specialNetworks, ...lan]);
}
