// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { plain } from '../paint.ts';
import { bytesText, countText, figureTable, shortDuration } from './figures.ts';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [9_949, '9.9 kB'],
  [9_950, '10 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [1_791_000, '1.8 MB'],
  [34_600_000_000, '35 GB'],
  [Number.MAX_SAFE_INTEGER, '9.0 PB'],
  [2e19, '20000 PB'],
])('%d bytes are %s', (bytes, expected) => {
  expect(bytesText(bytes)).toBe(expected);
});

it.each([
  [0, '0s'],
  [-5, '0s'],
  [59.4, '59s'],
  [59.6, '1m'],
  [3_569, '59m'],
  [3_570, '1h'],
  [7_800, '2h10m'],
  [86_399, '1d'],
  [266_400, '3d2h'],
])('%d seconds are %s', (seconds, expected) => {
  expect(shortDuration(seconds)).toBe(expected);
});

it('separates thousands', () => {
  expect([0, 999, 1_204, 88_210_000].map(countText)).toEqual(['0', '999', '1,204', '88,210,000']);
});

it('puts texts to the left and figures to the right', () => {
  expect(figureTable(['NAME', 'COUNT'], [['ssh', '1'], ['minecraft', '1,204,000'], []], plain)).toEqual([
    'NAME           COUNT',
    'ssh                1',
    'minecraft  1,204,000',
    '',
  ]);
});
