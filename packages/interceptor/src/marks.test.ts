// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Marks } from './marks.ts';

/** Every mask of at least 8 bits next to each other. */
const aMask = fc
  .tuple(fc.integer({ min: 8, max: 32 }), fc.nat())
  .map(([width, seed]) => (2 ** width - 1) * 2 ** (seed % (33 - width)));
const aMark = fc.integer({ min: 0, max: 0xffff_ffff });

const anIndexed = aMask.chain((mask) =>
  fc.tuple(fc.constant(new Marks(mask)), fc.integer({ min: 0, max: new Marks(mask).maxIndex })),
);

describe('Marks', () => {
  it('reads an index back from a mark, asked or opened, whatever else is in the mark', () => {
    fc.assert(
      fc.property(anIndexed, aMark, ([marks, index], foreign) => {
        expect(marks.indexOf(marks.merge(foreign, marks.asked(index)))).toBe(index);
        expect(marks.indexOf(marks.merge(foreign, marks.opened(index)))).toBe(index);
      }),
    );
  });

  it('keeps the bits of others and replaces all of ours', () => {
    fc.assert(
      fc.property(anIndexed, aMark, ([marks, index], mark) => {
        const merged = BigInt(marks.merge(mark, marks.opened(index)));
        const mask = BigInt(marks.mask);
        expect(merged & ~mask).toBe(BigInt(mark) & ~mask);
        expect(merged & mask).toBe(BigInt(marks.opened(index)));
      }),
    );
  });

  it('opens with one bit alone: no question about any service has it', () => {
    fc.assert(
      fc.property(anIndexed, ([marks, index]) => {
        expect(BigInt(marks.asked(index)) & BigInt(marks.open)).toBe(0n);
        expect(BigInt(marks.opened(index)) & BigInt(marks.open)).toBe(BigInt(marks.open));
        expect(BigInt(marks.opened(index)) & ~BigInt(marks.mask)).toBe(0n);
      }),
    );
  });

  it('gives every index a mark of its own', () => {
    const marks = new Marks(0x0000_ff00);
    const opened = Array.from({ length: marks.maxIndex + 1 }, (_, index) => marks.opened(index));
    expect(marks.maxIndex).toBe(127);
    expect(new Set(opened).size).toBe(128);
  });

  it('has the numbers that the default mask has: bit 31 opens, eleven bits are the index', () => {
    const marks = new Marks(0xfff0_0000);
    expect({ open: marks.open, maxIndex: marks.maxIndex }).toEqual({ open: 0x8000_0000, maxIndex: 2047 });
    expect(marks.opened(3)).toBe(0x8030_0000);
    expect(marks.asked(3)).toBe(0x0030_0000);
  });

  it.each([0, 0x7f, 0xff00_0001, 0xf0f0_0000, 0x0000_00fe])('refuses the mask %i', (mask) => {
    expect(() => new Marks(mask)).toThrow(RangeError);
  });
});
