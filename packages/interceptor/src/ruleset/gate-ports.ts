// SPDX-License-Identifier: MIT
// Which ports the gate in the kernel guards, by its own words: what an earlier life put there, under whatever
// configuration it had.
import type { PortRange } from '@nftoggle/config';
import type { ListedKeys } from '../native.ts';

const protocols = new Map([
  [6, 'tcp'],
  [17, 'udp'],
] as const);

/**
 * `keys` are those of the gate's verdict map, `protocol . port`: each part in the first bytes of a 32-bit
 * register, the port in network byte order.
 */
export function parsePortKeys(keys: readonly ListedKeys[]): PortRange[] {
  return keys.flatMap(({ from, to }) => {
    if (from.length !== 8 || to.length !== 8) return [];
    const protocol = protocols.get(from[0] as 6 | 17);
    return protocol === undefined ? [] : [{ protocol, from: portIn(from), to: portIn(to) }];
  });
}

function portIn(key: Uint8Array): number {
  return Buffer.from(key).readUInt16BE(4);
}

/** The parts of `ranges` that none of `guarded` covers. */
export function uncoveredPorts(ranges: readonly PortRange[], guarded: readonly PortRange[]): PortRange[] {
  return ranges.flatMap((range) => {
    const own = guarded.filter(({ protocol }) => protocol === range.protocol).sort((a, b) => a.from - b.from);
    const gaps: PortRange[] = [];
    let next = range.from;
    for (const { from, to } of own) {
      if (from > next) gaps.push({ ...range, from: next, to: Math.min(from - 1, range.to) });
      next = Math.max(next, to + 1);
      if (next > range.to) break;
    }
    return next <= range.to ? [...gaps, { ...range, from: next }] : gaps;
  });
}
