// SPDX-License-Identifier: MIT
import { networkInterfaces } from 'node:os';
import { parseNetwork } from '@nftoggle/config';
import type { LocalAddress } from './way.ts';

/** The addresses of this host as they are now; interfaces that are down have none here. */
export function readLocalAddresses(): readonly LocalAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
    entries.flatMap(({ address, cidr, internal }) => {
      const network = cidr === null ? null : parseNetwork(cidr);
      return network === null ? [] : [{ interface: name, address, network, loopback: internal }];
    }),
  );
}
