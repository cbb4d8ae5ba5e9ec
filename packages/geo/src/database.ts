// SPDX-License-Identifier: MIT
import { familyBits, type Network } from '@nftoggle/config';
import type { Reader, Response } from 'maxmind';
import type { AddressBlocks } from './address-blocks.ts';

/** What a database knows of an address, and for how many of its leading bits that is true. */
export interface Found<T> {
  readonly value: T | null;
  readonly prefix: number;
}

/** Records that stay decoded. A country database has some hundred, one of cities half a million. */
const cacheSize = 20_000;

/** One open database, reduced to the one field that it is asked for. */
export class Database<T> {
  readonly built: Date;
  readonly #reader: Reader<Response>;
  readonly #field: (record: unknown) => T | null;
  readonly #nowhere: AddressBlocks;

  constructor(
    reader: Reader<Response>,
    field: (record: unknown) => T | null,
    /** Addresses that it is not asked about. */
    nowhere: AddressBlocks,
  ) {
    this.built = reader.metadata.buildEpoch;
    this.#reader = reader;
    this.#field = field;
    this.#nowhere = nowhere;
  }

  find(address: Network): Found<T> {
    const block = this.#nowhere.find(address);
    if (block.within) return { value: null, prefix: block.prefix };
    // A database of IPv4 alone would take the first 32 bits of an IPv6 address for an IPv4 address.
    if (address.family === 6 && this.#reader.metadata.ipVersion === 4)
      return { value: null, prefix: block.prefix };
    try {
      const [record, prefix] = this.#reader.getWithPrefixLength(readerText(address));
      return { value: this.#field(record), prefix: Math.max(prefix, block.prefix) };
    } catch {
      // A record that cannot be decoded says nothing: unknown is what keeps out.
      return { value: null, prefix: familyBits[address.family] };
    }
  }
}

/** Decoded records by their place in the file, for the reader. It forgets all of them when they get too many. */
export function recordCache(): {
  get: (key: unknown) => unknown;
  set: (key: unknown, value: unknown) => void;
} {
  const records = new Map<unknown, unknown>();
  return {
    get: (key) => records.get(key),
    set: (key, value) => {
      if (records.size >= cacheSize) records.clear();
      records.set(key, value);
    },
  };
}

/** The form of an address that the reader takes apart fastest. It need not be short. */
function readerText({ family, base }: Network): string {
  if (family === 4) {
    const number = Number(base);
    return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
  }
  const digits = base.toString(16).padStart(32, '0');
  const group = (at: number): string => digits.slice(at * 4, at * 4 + 4);
  return `${group(0)}:${group(1)}:${group(2)}:${group(3)}:${group(4)}:${group(5)}:${group(6)}:${group(7)}`;
}
