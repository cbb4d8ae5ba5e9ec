// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { readPatience } from './patience.ts';

it('patience is a factor, and 1 where nobody asks for more', () => {
  expect(readPatience(undefined)).toBe(1);
  expect(readPatience('2.5')).toBe(2.5);
});

it.each(['', '0', '0.5', '101', 'Infinity', 'long'])('"%s" is no patience', (text) => {
  expect(() => readPatience(text)).toThrow(/NFTOGGLE_TEST_PATIENCE/);
});
