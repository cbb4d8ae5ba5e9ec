// SPDX-License-Identifier: MIT
import { contains, formatNetwork, type Network } from '@nftoggle/config';

/** `{ 10.0.0.0/8, 192.0.2.7 }`: the networks of one family as an anonymous set; null when there is none. */
export function networkSet(networks: readonly Network[], family: 4 | 6): string | null {
  const own = withoutOverlaps(networks.filter((network) => network.family === family));
  return own.length === 0 ? null : `{ ${own.map(formatNetwork).join(', ')} }`;
}

/** nftables refuses a set whose intervals overlap. */
function withoutOverlaps(networks: readonly Network[]): Network[] {
  const kept: Network[] = [];
  for (const network of [...networks].sort((a, b) => a.prefix - b.prefix)) {
    if (!kept.some((outer) => contains(outer, network))) kept.push(network);
  }
  return kept;
}
