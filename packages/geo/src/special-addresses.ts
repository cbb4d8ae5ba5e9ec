// SPDX-License-Identifier: MIT
import { type Network, parseNetwork } from '@nftoggle/config';
import { AddressBlocks } from './address-blocks.ts';

/**
 * Addresses that are in no country, because nothing on the Internet has them: those that the IANA special-purpose
 * registries (RFC 6890, RFC 8190) call not globally reachable, and multicast.
 *
 * Blocks that can reach a box from the Internet are left out on purpose, even where they are nowhere on a map, such
 * as Teredo (2001::/32), 6to4 (2002::/16) and NAT64 (64:ff9b::/96): they are public addresses of an unknown
 * country, and so kept out by conditions on countries, not passed over by them.
 */
const specialNetworks = networks(
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
);

/**
 * For examples in documents (RFC 5737, RFC 3849, RFC 9637). They are public in every other respect, so that an
 * example behaves like what it stands for; nobody has them, so that no registration puts them anywhere.
 */
const exampleNetworks = networks(
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001:db8::/32',
  '3fff::/20',
);

export const specialAddresses = new AddressBlocks(specialNetworks);
export const specialAndExampleAddresses = new AddressBlocks([...specialNetworks, ...exampleNetworks]);

function networks(...texts: readonly string[]): readonly Network[] {
  return texts.flatMap((text) => parseNetwork(text) ?? []);
}
