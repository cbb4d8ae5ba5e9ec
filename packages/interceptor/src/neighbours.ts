// SPDX-License-Identifier: MIT
// Who is on our links, as the kernel knows them from talking to them: a connection that nobody remembers the
// first packet of is told by its address alone, and a device that is known by its hardware address by this.
import { type Network, parseAddress } from '@nftoggle/config';
import type { NativeNeighbour } from './native.ts';

export interface Neighbour {
  readonly mac: string;
  readonly interface: string;
}

/** Null: several hosts have that address, each on a link of its own. */
export type NeighbourTable = ReadonlyMap<string, Neighbour | null>;

export function neighbourTable(entries: readonly NativeNeighbour[]): NeighbourTable {
  const table = new Map<string, Neighbour | null>();
  for (const { address, mac, interface: name } of entries) {
    const network = parseAddress(address);
    if (network === null) continue;
    const key = keyOf(network);
    table.set(key, table.has(key) ? null : { mac, interface: name });
  }
  return table;
}

/** Reads the table when somebody is looked for first, and not again. */
export function lookUp(read: () => NeighbourTable): (address: Network) => Neighbour | undefined {
  let table: NeighbourTable | undefined;
  return (address) => {
    table ??= read();
    return table.get(keyOf(address)) ?? undefined;
  };
}

function keyOf({ family, base }: Network): string {
  return `${family} ${base}`;
}
