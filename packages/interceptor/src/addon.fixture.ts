// SPDX-License-Identifier: MIT
import { createRequire } from 'node:module';
import { loadNative, type Native } from './native.ts';

/** The addon of the product, or another build of it. */
export function testedAddon(): Native {
  const other = process.env.NFTOGGLE_TEST_ADDON;
  return other === undefined ? loadNative() : (createRequire(import.meta.url)(other) as Native);
}
