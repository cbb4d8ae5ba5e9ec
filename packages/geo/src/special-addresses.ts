// SPDX-License-Identifier: MIT
import { type Network, parseNetwork } from '@nftoggle/config';
import { specialNetworks } from '@nftoggle/decision';
import { AddressBlocks } from './address-blocks.ts';

/**
 * For examples in documents (RFC 5737, RFC 3849, RFC 9637). They are public in every other respect, so that an
 * example behaves like what it stands for; nobody has them, so that no registration puts them anywhere.
 */
const exampleNetworks: readonly Network[] = [
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001:db8::/32',
  '3fff::/20',
].flatMap((text) => parseNetwork(text) ?? []);

export const specialAddresses = new AddressBlocks(specialNetworks);
export const specialAndExampleAddresses = new AddressBlocks([...specialNetworks, ...exampleNetworks]);
