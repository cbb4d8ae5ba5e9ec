// SPDX-License-Identifier: MIT
// nft's numbers of its data types (its own include/datatype.h): the kernel keeps them with a set as they are.

const typeNumbers: Readonly<Record<string, number>> = {
  ipv4_addr: 7,
  ipv6_addr: 8,
  ether_addr: 9,
  inet_proto: 12,
  inet_service: 13,
  mark: 19,
  iface_index: 20,
  ifname: 41,
};

/** TYPE_BITS: what each part of a concatenation takes. */
const bitsOfPart = 6;

/** @throws TypeError for a data type that no set of ours has had yet */
export function keyTypeOf(parts: readonly string[]): number {
  return parts.reduce((key, part) => {
    const number = typeNumbers[part];
    if (number === undefined) throw new TypeError(`${part} is no data type that is known here`);
    return key * 2 ** bitsOfPart + number;
  }, 0);
}
