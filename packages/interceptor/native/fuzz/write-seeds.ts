// SPDX-License-Identifier: MIT
// Where the fuzzer starts: one file for each shape of packet, in the directory that is named.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extensionTypes, type PacketFields, packetBytes } from '../../src/flow-reference.fixture.ts';

const v4: PacketFields = {
  source: [203, 0, 113, 7],
  destination: [203, 0, 113, 1],
  sourcePort: 50_000,
  destinationPort: 22,
  sequence: 7,
  protocol: 'tcp',
  ipOptions: 0,
  tcpOptions: 5,
  extensions: [],
  moreFragments: false,
  payload: [],
};
const v6 = { ...v4, source: new Array<number>(16).fill(0x20), destination: new Array<number>(16).fill(0xfd) };
const shapes: readonly PacketFields[] = [
  v4,
  { ...v4, protocol: 'udp', payload: [1, 2, 3] },
  { ...v4, ipOptions: 10, moreFragments: true },
  v6,
  { ...v6, protocol: 'udp' },
  ...extensionTypes.map((type) => ({ ...v6, extensions: [{ type, length: 1 }] })),
  { ...v6, extensions: extensionTypes.map((type) => ({ type, length: 2 })) },
  { ...v6, extensions: new Array(16).fill({ type: 60, length: 0 }) },
];

const directory = process.argv[2] ?? 'seeds';
mkdirSync(directory, { recursive: true });
for (const [index, shape] of shapes.entries()) {
  const bytes = packetBytes(shape);
  writeFileSync(join(directory, `shape-${index}`), bytes);
  writeFileSync(join(directory, `shape-${index}-cut`), bytes.subarray(0, bytes.length - 9));
}
