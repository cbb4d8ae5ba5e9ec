// SPDX-License-Identifier: MIT
import { setImmediate as pause } from 'node:timers/promises';
import { familyBits, type Network } from '@nftoggle/config';
import type { Reader, Response } from 'maxmind';

type Metadata = Reader<Response>['metadata'];

/** Zero bytes between the tree and the data. */
const separatorSize = 16;
/** Nodes that are looked at in one go, some milliseconds of work: nobody waits longer for a decision. */
const nodesAtOnce = 200_000;
/** Nodes that a search for leaves visits: the tree of a damaged file may be a maze. */
const mostVisited = 1_000_000;

/** The tree of a database, read for what the reader takes for granted: https://maxmind.github.io/MaxMind-DB/ */
export class SearchTree {
  readonly #file: Buffer;
  readonly #metadata: Metadata;

  constructor(file: Buffer, metadata: Metadata) {
    this.#file = file;
    this.#metadata = metadata;
  }

  /** What is wrong with it; null when every record leads to a node, to data or nowhere. */
  async fault(): Promise<string | null> {
    const { nodeCount, searchTreeSize } = this.#metadata;
    const separator = this.#file.subarray(searchTreeSize, searchTreeSize + separatorSize);
    if (separator.length < separatorSize || separator.some((byte) => byte !== 0))
      return 'its parts do not fit together';
    const end = nodeCount + this.#file.length - searchTreeSize;
    for (let node = 0; node < nodeCount; node++) {
      if (node % nodesAtOnce === nodesAtOnce - 1) await pause();
      if (!this.#leadsSomewhere(node, 0, end) || !this.#leadsSomewhere(node, 1, end))
        return `node ${node} leads out of the file`;
    }
    return null;
  }

  /** An address of each network that has data, ascending, up to a limit. */
  *leaves(family: 4 | 6): Generator<Network> {
    const { nodeCount, ipVersion } = this.#metadata;
    if (ipVersion === 4 && family === 6) return;
    const bits = familyBits[family];
    const root = ipVersion === 6 && family === 4 ? this.#ipv4Start() : 0;
    const waiting = [{ record: root, depth: 0, base: 0n }];
    let visited = 0;
    for (let at = waiting.pop(); at !== undefined && visited < mostVisited; at = waiting.pop(), visited++) {
      const { record, depth, base } = at;
      if (record > nodeCount) yield { family, base, prefix: bits };
      if (record >= nodeCount || depth === bits) continue;
      const one = base | (1n << BigInt(bits - 1 - depth));
      waiting.push({ record: this.#record(record, 1), depth: depth + 1, base: one });
      waiting.push({ record: this.#record(record, 0), depth: depth + 1, base });
    }
  }

  /** IPv4 addresses stand in a tree of IPv6 below ::/96. */
  #ipv4Start(): number {
    let record = 0;
    for (let depth = 0; depth < 96 && record < this.#metadata.nodeCount; depth++)
      record = this.#record(record, 0);
    return record;
  }

  #leadsSomewhere(node: number, side: 0 | 1, end: number): boolean {
    const record = this.#record(node, side);
    const { nodeCount } = this.#metadata;
    return record <= nodeCount || (record >= nodeCount + separatorSize && record < end);
  }

  #record(node: number, side: 0 | 1): number {
    const { recordSize, nodeByteSize } = this.#metadata;
    const at = node * nodeByteSize;
    if (recordSize === 24) return this.#file.readUIntBE(at + side * 3, 3);
    if (recordSize === 32) return this.#file.readUInt32BE(at + side * 4);
    // 28 bits: the byte in the middle holds the highest four of both.
    const middle = this.#file.readUInt8(at + 3);
    const high = side === 0 ? middle >>> 4 : middle & 15;
    return high * 2 ** 24 + this.#file.readUIntBE(at + side * 4, 3);
  }
}
