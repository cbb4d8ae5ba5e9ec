// SPDX-License-Identifier: MIT
// Writes small databases in the MaxMind format, version 2: https://maxmind.github.io/MaxMind-DB/
import { familyBits, parseNetwork } from '@nftoggle/config';

export type MmdbValue = string | number | bigint | { readonly [key: string]: MmdbValue };

export interface MmdbOptions {
  readonly ipVersion?: 4 | 6;
  readonly recordSize?: 24 | 28 | 32;
  readonly type?: string;
  readonly built?: Date;
}

/** Empty, a record, or a node of two. */
type Branch = null | { readonly data: number } | [Branch, Branch];

/** `records`: by network in CIDR form; a narrower one goes behind the wider one that it is in. */
export function mmdb(records: Readonly<Record<string, MmdbValue>>, options: MmdbOptions = {}): Buffer {
  const { ipVersion = 6, recordSize = 28 } = options;
  const data: Buffer[] = [];
  let size = 0;
  let root: Branch = null;
  for (const [text, value] of Object.entries(records)) {
    const encoded = encode(value);
    root = insert(root, pathOf(text, ipVersion), { data: size });
    data.push(encoded);
    size += encoded.length;
  }
  const nodes = numbered(Array.isArray(root) ? root : [root, root]);
  const record = (branch: Branch): number => {
    if (branch === null) return nodes.size;
    return Array.isArray(branch) ? (nodes.get(branch) ?? 0) : nodes.size + 16 + branch.data;
  };
  const tree = [...nodes.keys()].map(([left, right]) => node(recordSize, record(left), record(right)));
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: BigInt(Math.floor((options.built ?? new Date('2026-10-01T00:00:00Z')).getTime() / 1000)),
    database_type: options.type ?? 'Test-Country',
    description: { en: 'for tests' },
    ip_version: ipVersion,
    node_count: nodes.size,
    record_size: recordSize,
  };
  return Buffer.concat([
    ...tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    encode(metadata),
  ]);
}

/** The bits from the root to a network. */
function pathOf(text: string, ipVersion: 4 | 6): readonly (0 | 1)[] {
  const network = parseNetwork(text);
  if (network === null || (ipVersion === 4 && network.family === 6))
    throw new TypeError(`no place for ${text}`);
  const above = ipVersion === 6 && network.family === 4 ? Array.from({ length: 96 }, () => 0 as const) : [];
  const bits = familyBits[network.family];
  const own = Array.from({ length: network.prefix }, (_, at): 0 | 1 =>
    (network.base >> BigInt(bits - 1 - at)) & 1n ? 1 : 0,
  );
  return [...above, ...own];
}

function insert(branch: Branch, [bit, ...rest]: readonly (0 | 1)[], leaf: { readonly data: number }): Branch {
  if (bit === undefined) return leaf;
  const [left, right]: [Branch, Branch] = Array.isArray(branch) ? branch : [branch, branch];
  return bit === 0 ? [insert(left, rest, leaf), right] : [left, insert(right, rest, leaf)];
}

/** The root is node 0. */
function numbered(root: [Branch, Branch]): Map<[Branch, Branch], number> {
  const nodes = new Map<[Branch, Branch], number>();
  const visit = (branch: Branch): void => {
    if (!Array.isArray(branch)) return;
    nodes.set(branch, nodes.size);
    visit(branch[0]);
    visit(branch[1]);
  };
  visit(root);
  return nodes;
}

function node(recordSize: 24 | 28 | 32, left: number, right: number): Buffer {
  const bytes = Buffer.alloc(recordSize / 4);
  if (recordSize === 32) {
    bytes.writeUInt32BE(left, 0);
    bytes.writeUInt32BE(right, 4);
    return bytes;
  }
  bytes.writeUIntBE(left & 0xff_ffff, 0, 3);
  bytes.writeUIntBE(right & 0xff_ffff, recordSize / 8 === 3 ? 3 : 4, 3);
  // 28 bits: the byte in the middle holds the highest four of both.
  if (recordSize === 28) bytes.writeUInt8(((left >>> 24) << 4) | (right >>> 24), 3);
  return bytes;
}

/** Control bytes: three bits of type, five of size. 0 stands for a type that follows in a byte of its own. */
function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') return sized(2, Buffer.byteLength(value), Buffer.from(value));
  if (typeof value === 'number') return sized(6, 4, unsigned(BigInt(value), 4));
  if (typeof value === 'bigint') return sized(9, 8, unsigned(value, 8));
  const entries = Object.entries(value);
  return sized(7, entries.length, Buffer.concat(entries.flatMap(([key, of]) => [encode(key), encode(of)])));
}

function sized(type: number, size: number, content: Buffer): Buffer {
  if (size > 28) throw new TypeError('the fixture writes short values alone');
  const control = type > 7 ? Buffer.from([size, type - 7]) : Buffer.from([(type << 5) | size]);
  return Buffer.concat([control, content]);
}

function unsigned(value: bigint, size: 4 | 8): Buffer {
  const bytes = Buffer.alloc(size);
  if (size === 4) bytes.writeUInt32BE(Number(value));
  else bytes.writeBigUInt64BE(value);
  return bytes;
}
