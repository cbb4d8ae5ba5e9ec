// SPDX-License-Identifier: MIT
import { familyBits, type Network } from '@nftoggle/config';

/** Whether an address is in a list of blocks, and how many leading bits of it the answer is true for. */
export interface BlockAnswer {
  readonly within: boolean;
  readonly prefix: number;
}

interface Block {
  readonly first: bigint;
  readonly last: bigint;
  readonly prefix: number;
}

/** A short list of networks, none within another. Looking an address up costs some comparisons. */
export class AddressBlocks {
  readonly #blocks: { readonly [family in 4 | 6]: readonly Block[] };

  constructor(networks: readonly Network[]) {
    this.#blocks = { 4: sortedBlocks(networks, 4), 6: sortedBlocks(networks, 6) };
  }

  find({ family, base }: Network): BlockAnswer {
    const blocks = this.#blocks[family];
    const after = blocks.findIndex((block) => block.first > base);
    const next = blocks[after];
    const before = after < 0 ? blocks.at(-1) : blocks[after - 1];
    if (before !== undefined && base <= before.last) return { within: true, prefix: before.prefix };
    // Of all blocks the two neighbours share the most leading bits with the address: one bit more leaves them out.
    const bits = familyBits[family];
    const shared = Math.max(sharedBits(bits, base, before?.last), sharedBits(bits, base, next?.first));
    return { within: false, prefix: shared + 1 };
  }
}

function sortedBlocks(networks: readonly Network[], family: 4 | 6): readonly Block[] {
  return networks
    .filter((network) => network.family === family)
    .map(({ base, prefix }) => ({
      first: base,
      last: base | ((1n << BigInt(familyBits[family] - prefix)) - 1n),
      prefix,
    }))
    .sort((a, b) => (a.first < b.first ? -1 : 1));
}

/** -1 where there is nothing to share bits with. */
function sharedBits(bits: number, a: bigint, b: bigint | undefined): number {
  if (b === undefined) return -1;
  const different = a ^ b;
  for (let shared = 0; shared < bits; shared += 32) {
    const word = Number((different >> BigInt(bits - 32 - shared)) & 0xffff_ffffn);
    if (word !== 0) return shared + Math.clz32(word);
  }
  return bits;
}
