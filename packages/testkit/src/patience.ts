// SPDX-License-Identifier: MIT

/**
 * How many times longer than usual tests wait for what must happen, by NFTOGGLE_TEST_PATIENCE: for a machine that is
 * ten times slower. What must not happen is waited for as long as ever.
 */
export const patience = readPatience(process.env.NFTOGGLE_TEST_PATIENCE);

export function readPatience(text = '1'): number {
  const factor = Number(text);
  if (factor >= 1 && factor <= 100) return factor;
  throw new TypeError(`NFTOGGLE_TEST_PATIENCE is "${text}": a factor from 1 to 100 is expected`);
}
