// SPDX-License-Identifier: MIT

/** Counts different texts, up to a bound, in 16 bytes for each that it has room for. */
export class Distinct {
  readonly #most: number;
  #slots: Float64Array | undefined;
  #size = 0;

  /** `most` is a power of two. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#size;
  }

  add(text: string): void {
    if (this.#size === this.#most) return;
    this.#slots ??= new Float64Array(2 * this.#most);
    const hash = hash53(text);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      if (this.#slots[slot] === hash) return;
      if (this.#slots[slot] !== 0) continue;
      this.#slots[slot] = hash;
      this.#size += 1;
      return;
    }
  }

  clear(): void {
    this.#slots = undefined;
    this.#size = 0;
  }
}

/**
 * 53 bits by two rounds of FNV-1a, never 0: of 65,536 texts two share one with a probability of a few in ten
 * million.
 */
function hash53(text: string): number {
  let [low, high] = [0x811c_9dc5, 0x1b87_3593];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    low = Math.imul(low ^ code, 0x0100_0193);
    high = Math.imul(high ^ code, 0x85eb_ca6b);
    high ^= high >>> 13;
  }
  low ^= low >>> 15;
  return (high & 0x1f_ffff) * 0x1_0000_0000 + (low >>> 0) || 1;
}
