// SPDX-License-Identifier: MIT
// Some other program that uses NFQUEUE: binds the queue of that number and keeps it until it is killed.
//   queue-holder.ts NUMBER
import { createRequire } from 'node:module';

interface Addon {
  readonly PacketQueue: new (options: Readonly<Record<string, unknown>>) => object;
}

const file = new URL('../../../packages/interceptor/native/build/nftoggle.node', import.meta.url);
const { PacketQueue } = createRequire(import.meta.url)(file.pathname) as Addon;
const number = Number(process.argv[2]);
const sizes = { maxLength: 16, copyRange: 64, receiveBuffer: 65_536 };
const queue = new PacketQueue({ number, ...sizes, onPackets: () => {}, onTrouble: () => {} });
console.log('holding');
setInterval(() => queue, 60_000);
