// SPDX-License-Identifier: MIT
// What the addresses of our interfaces tell about who is where.
import { networkInterfaces } from 'node:os';
import { contains, type Network, parseNetwork } from '@nftoggle/config';

const linkLocal = [parseNetwork('fe80::/10'), parseNetwork('169.254.0.0/16')].filter(
  (network) => network !== null,
);

/** The side of the LAN: interfaces that have an address of it, and every prefix on them. */
export interface Inside {
  readonly interfaces: readonly string[];
  readonly networks: readonly Network[];
}

/** What is on each interface. */
type Prefixes = ReadonlyMap<string, readonly Network[]>;

export class Links {
  readonly #read: () => Prefixes;
  #prefixes: Prefixes;

  constructor(read: () => Prefixes = readPrefixes) {
    this.#read = read;
    this.#prefixes = read();
  }

  /** Reads the addresses anew, away from the way of a packet; true when they are not what they were. */
  refresh(): boolean {
    const now = this.#read();
    const changed = describe(now) !== describe(this.#prefixes);
    this.#prefixes = now;
    return changed;
  }

  /**
   * Is a source on the link that its packet came in by? Only then does the packet's hardware address belong
   * to the source; beyond a router it is the router's.
   */
  isOnLink(interfaceName: string, address: Network): boolean {
    return (
      isLinkLocal(address) || this.#prefixesOf(interfaceName).some((network) => contains(network, address))
    );
  }

  /**
   * Is a source with an address of the LAN in truth on the provider's side, where anybody can have such an
   * address? It is where the interface itself has none of the LAN; a link-local one tells nothing.
   */
  isOutside(interfaceName: string, address: Network, lan: readonly Network[]): boolean {
    if (!lan.some((range) => contains(range, address))) return false;
    const own = this.#prefixesOf(interfaceName).filter((network) => !isLinkLocal(network));
    return !own.some((network) => contains(network, address) || isIn(lan, network));
  }

  /** The same of a source that may have come in by any interface: unless it is on a link of ours, the worst counts. */
  mayBeOutside(address: Network, lan: readonly Network[]): boolean {
    const names = [...this.#prefixes.keys()].filter((name) => name !== 'lo');
    const isNear = names.some((name) => !isLinkLocal(address) && this.isOnLink(name, address));
    return !isNear && names.some((name) => this.isOutside(name, address, lan));
  }

  inside(lan: readonly Network[]): Inside {
    const links = [...this.#prefixes].filter(([, networks]) =>
      networks.some((network) => !isLinkLocal(network) && isIn(lan, network)),
    );
    return {
      interfaces: links.map(([name]) => name),
      networks: links.flatMap(([, networks]) => networks),
    };
  }

  #prefixesOf(interfaceName: string): readonly Network[] {
    return this.#prefixes.get(interfaceName) ?? [];
  }
}

function isLinkLocal(network: Network): boolean {
  return linkLocal.some((range) => contains(range, network));
}

function isIn(ranges: readonly Network[], network: Network): boolean {
  return ranges.some((range) => contains(range, network));
}

function readPrefixes(): Map<string, Network[]> {
  return new Map(
    Object.entries(networkInterfaces()).map(([name, addresses]) => [
      name,
      (addresses ?? []).flatMap(({ cidr }) => {
        const network = cidr === null ? null : parseNetwork(cidr);
        return network === null ? [] : [network];
      }),
    ]),
  );
}

function describe(prefixes: Prefixes): string {
  const lines = [...prefixes].map(([name, networks]) => {
    const texts = networks.map(({ base, prefix }) => `${base}/${prefix}`).sort();
    return `${name} ${texts.join(' ')}`;
  });
  return lines.sort().join('\n');
}
