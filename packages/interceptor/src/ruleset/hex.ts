// SPDX-License-Identifier: MIT

/** A mark as nft shows it. */
export function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
