// SPDX-License-Identifier: MIT
import { familyBits, type Network } from '@nftoggle/config';

/** An address as numbers, parsed once per question. The family it is not of holds a value below every range. */
export interface AddressNumbers {
  readonly v4: number;
  readonly v6: bigint;
}

export const noAddress: AddressNumbers = { v4: -1, v6: -1n };

export function addressNumbers(address: Network): AddressNumbers {
  return address.family === 4 ? { v4: Number(address.base), v6: -1n } : { v4: -1, v6: address.base };
}

/** Ranges that neither overlap nor touch, in ascending order; both ends are included. */
interface Ranges<T extends number | bigint> {
  readonly firsts: readonly T[];
  readonly lasts: readonly T[];
}

/** Networks as sorted ranges, so that looking an address up costs a few comparisons and no allocation. */
export class AddressSet {
  readonly #v4: Ranges<number>;
  readonly #v6: Ranges<bigint>;

  constructor(networks: readonly Network[]) {
    const v4 = mergedRanges(networks.filter((network) => network.family === 4));
    this.#v4 = { firsts: v4.firsts.map(Number), lasts: v4.lasts.map(Number) };
    this.#v6 = mergedRanges(networks.filter((network) => network.family === 6));
  }

  has(address: AddressNumbers): boolean {
    return address.v4 >= 0 ? holds(this.#v4, address.v4) : holds(this.#v6, address.v6);
  }

  /** Is every address of this IPv6 network in the set, none of them, or only some? */
  share(network: Network): 'all' | 'none' | 'some' {
    const last = lastOf(network);
    const at = rangeAtOrBefore(this.#v6.firsts, last);
    const rangeFirst = this.#v6.firsts[at];
    const rangeLast = this.#v6.lasts[at];
    if (rangeFirst === undefined || rangeLast === undefined || rangeLast < network.base) return 'none';
    return rangeFirst <= network.base && last <= rangeLast ? 'all' : 'some';
  }

  /** Is there an address that is in both? */
  overlaps(other: AddressSet): boolean {
    return rangesOverlap(this.#v4, other.#v4) || rangesOverlap(this.#v6, other.#v6);
  }
}

/** Where two sets overlap, a range of one begins within a range of the other. */
function rangesOverlap<T extends number | bigint>(a: Ranges<T>, b: Ranges<T>): boolean {
  return a.firsts.some((first) => holds(b, first)) || b.firsts.some((first) => holds(a, first));
}

function holds<T extends number | bigint>(ranges: Ranges<T>, value: T): boolean {
  const at = rangeAtOrBefore(ranges.firsts, value);
  return at >= 0 && value <= (ranges.lasts[at] as T);
}

/** Index of the last range that begins at or before `value`; -1 when all begin after it. */
function rangeAtOrBefore<T extends number | bigint>(firsts: readonly T[], value: T): number {
  let low = 0;
  let high = firsts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((firsts[middle] as T) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function mergedRanges(networks: readonly Network[]): Ranges<bigint> {
  const firsts: bigint[] = [];
  const lasts: bigint[] = [];
  for (const network of networks.toSorted(byBase)) {
    const previous = lasts.at(-1);
    const last = lastOf(network);
    if (previous === undefined || network.base > previous + 1n) {
      firsts.push(network.base);
      lasts.push(last);
    } else if (last > previous) lasts[lasts.length - 1] = last;
  }
  return { firsts, lasts };
}

function byBase(a: Network, b: Network): number {
  if (a.base === b.base) return 0;
  return a.base < b.base ? -1 : 1;
}

function lastOf(network: Network): bigint {
  return network.base | ((1n << BigInt(familyBits[network.family] - network.prefix)) - 1n);
}
