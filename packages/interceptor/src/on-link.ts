// SPDX-License-Identifier: MIT
import { networkInterfaces } from 'node:os';
import { contains, type Network, parseNetwork } from '@nftoggle/config';

/** How long the addresses of the interfaces are taken to be as they were, in milliseconds. */
const refreshInterval = 1_000;

const linkLocal = [parseNetwork('fe80::/10'), parseNetwork('169.254.0.0/16')].filter(
  (network) => network !== null,
);

/**
 * Is a source on the link that its packet came in by? Only then does the packet's hardware address belong
 * to the source; beyond a router it is the router's.
 */
export class OnLink {
  #prefixes = new Map<string, Network[]>();
  #refreshed = Number.NEGATIVE_INFINITY;

  has(interfaceName: string, address: Network, now: number): boolean {
    if (now - this.#refreshed >= refreshInterval) this.#refresh(now);
    const prefixes = this.#prefixes.get(interfaceName) ?? [];
    return [...linkLocal, ...prefixes].some((network) => contains(network, address));
  }

  #refresh(now: number): void {
    this.#refreshed = now;
    this.#prefixes = new Map(
      Object.entries(networkInterfaces()).map(([name, addresses]) => [
        name,
        (addresses ?? []).flatMap(({ cidr }) => {
          const network = cidr === null ? null : parseNetwork(cidr);
          return network === null ? [] : [network];
        }),
      ]),
    );
  }
}
