// SPDX-License-Identifier: MIT
// Our bits of the 32-bit packet and conntrack marks. The highest bit of the mask means "open": this packet,
// or this connection, was let in. The bits below it say by which service. Set on a packet without the open
// bit, the index tells user space which service was asked for; it opens nothing.

export class Marks {
  readonly mask: number;
  readonly open: number;
  /** The highest service index that fits; index 0 is for flows of no service, such as our own outgoing ones. */
  readonly maxIndex: number;
  readonly #shift: number;

  /** @throws RangeError when the mask is not at least 8 bits next to each other */
  constructor(mask: number) {
    const bits = (mask >>> 0).toString(2).padStart(32, '0');
    if (!/^0*1{8,}0*$/.test(bits)) throw new RangeError('a mark mask is at least 8 bits next to each other');
    this.mask = mask >>> 0;
    this.#shift = 31 - bits.lastIndexOf('1');
    this.open = 2 ** (31 - bits.indexOf('1'));
    this.maxIndex = (this.mask - this.open) / 2 ** this.#shift;
  }

  /** The bits that a question about a service carries. */
  asked(index: number): number {
    return index * 2 ** this.#shift;
  }

  /** The bits that let a packet, and with it a connection, in. */
  opened(index: number): number {
    return this.open + this.asked(index);
  }

  indexOf(mark: number): number {
    return ((mark & this.mask & ~this.open) >>> 0) / 2 ** this.#shift;
  }

  /** `mark` with our bits replaced and everybody else's kept. */
  merge(mark: number, ours: number): number {
    return ((mark & ~this.mask) | ours) >>> 0;
  }
}
