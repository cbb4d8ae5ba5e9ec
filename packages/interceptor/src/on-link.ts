// SPDX-License-Identifier: MIT
import { networkInterfaces } from 'node:os';
import { contains, type Network, parseNetwork } from '@nftoggle/config';

/** How long the addresses of the interfaces are taken to be as they were, in milliseconds. */
const refreshInterval = 1_000;

const linkLocal = [parseNetwork('fe80::/10'), parseNetwork('169.254.0.0/16')].filter(
  (network) => network !== null,
);

/**
 * What the addresses of our interfaces tell about a source.
 *
 * Is it on the link that its packet came in by? Only then does the packet's hardware address belong
 * to the source; beyond a router it is the router's.
 */
export class OnLink {
  #prefixes = new Map<string, Network[]>();
  #refreshed = Number.NEGATIVE_INFINITY;

  has(interfaceName: string, address: Network, now: number): boolean {
    return [...linkLocal, ...this.#prefixesOf(interfaceName, now)].some((network) =>
      contains(network, address),
    );
  }

  /**
   * Is a link-local source a neighbour on the provider's side? It is where the interface has no address of
   * the LAN; its own link-local address tells nothing.
   */
  isOutside(interfaceName: string, address: Network, lan: readonly Network[], now: number): boolean {
    const isLinkLocal = (network: Network): boolean => linkLocal.some((range) => contains(range, network));
    if (!isLinkLocal(address)) return false;
    const own = this.#prefixesOf(interfaceName, now).filter((network) => !isLinkLocal(network));
    return !own.some((network) => lan.some((range) => contains(range, network)));
  }

  #prefixesOf(interfaceName: string, now: number): readonly Network[] {
    if (now - this.#refreshed >= refreshInterval) this.#refresh(now);
    return this.#prefixes.get(interfaceName) ?? [];
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
