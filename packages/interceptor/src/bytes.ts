// SPDX-License-Identifier: MIT
import { formatNetwork, type Network } from '@nftoggle/config';

/** 4 or 16 bytes in network order as an address; an IPv4-mapped IPv6 address is the IPv4 one. */
export function networkFromBytes(bytes: Uint8Array): string {
  const base = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  const mapped = bytes.length === 16 && base >> 32n === 0xffffn;
  const network: Network =
    bytes.length === 4 || mapped
      ? { family: 4, base: base & 0xffff_ffffn, prefix: 32 }
      : { family: 6, base, prefix: 128 };
  return formatNetwork(network);
}
