// SPDX-License-Identifier: MIT
// Which ports the gate in the kernel guards, by its own words: what an earlier life put there, under whatever
// configuration it had.
import type { PortRange } from '@nftoggle/config';
import type { Protocol } from '@nftoggle/contracts';

/** An entry of the gate's verdict map, as libnftables-json(5) lists it. */
interface ListedEntry {
  readonly concat: readonly [Protocol, number | { readonly range: readonly [number, number] }];
}

interface Listing {
  readonly nftables: readonly {
    readonly rule?: {
      readonly expr: readonly {
        readonly vmap?: { readonly data: { readonly set?: readonly [ListedEntry][] } };
      }[];
    };
  }[];
}

/** `listing` is the chain `gate` as JSON. */
export function parseGatePorts(listing: string): PortRange[] {
  const { nftables } = JSON.parse(listing) as Listing;
  const maps = nftables.flatMap(({ rule }) => rule?.expr.flatMap(({ vmap }) => vmap?.data.set ?? []) ?? []);
  return maps.map(([{ concat }]) => {
    const [protocol, port] = concat;
    const [from, to] = typeof port === 'number' ? [port, port] : port.range;
    return { protocol, from, to };
  });
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
