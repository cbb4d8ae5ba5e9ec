// SPDX-License-Identifier: MIT
import { accept, type Parsed, refuse } from './parsed.ts';

const fewestBits = 8;

/** A 32-bit mask whose bits stand next to each other, at least 8 of them. */
export function parseMarkMask(value: number | string): Parsed<number> {
  const remedy = 'Write at least 8 bits next to each other, such as 0xfff00000 or 0x0000ff00.';
  const mask =
    typeof value === 'number' ? value : /^0x[0-9a-f]{1,8}$/i.test(value) ? Number(value) : Number.NaN;
  if (!Number.isInteger(mask) || mask < 0 || mask > 0xffff_ffff) {
    return refuse(`${JSON.stringify(value)} is not a mask of 32 bits.`, remedy);
  }
  const bits = mask.toString(2).replace(/0+$/, '');
  if (bits.includes('0')) return refuse(`${formatMarkMask(mask)} has gaps.`, remedy);
  if (bits.length < fewestBits) return refuse(`${formatMarkMask(mask)} has too few bits.`, remedy);
  return accept(mask);
}

export function formatMarkMask(mask: number): string {
  return `0x${mask.toString(16).padStart(8, '0')}`;
}
