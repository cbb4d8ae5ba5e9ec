// SPDX-License-Identifier: MIT
// Addresses and prefixes as numbers, so that containment is arithmetic and text is parsed once.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address is a network whose prefix has every bit. `base` has no bit set beyond `prefix`. */
export interface Network {
  readonly family: 4 | 6;
  readonly base: bigint;
  readonly prefix: number;
}

export const familyBits = { 4: 32, 6: 128 } as const;

/** Parses an address; text that is none (and forms such as `010.0.0.1` that read two ways) gives null. */
export function parseAddress(text: string): Network | null {
  switch (isIP(text)) {
    case 4:
      return { family: 4, base: BigInt(ipv4Number(text)), prefix: 32 };
    case 6:
      return text.includes('%') ? null : ipv6Address(text);
    default:
      return null;
  }
}

/** Parses `ADDRESS` or `ADDRESS/BITS`; host bits beyond the prefix are cleared. Null when it is neither. */
export function parseNetwork(text: string): Network | null {
  const [addressText = '', bitsText, ...rest] = text.split('/');
  const address = parseAddress(addressText);
  if (address === null || rest.length > 0) return null;
  if (bitsText === undefined) return address;
  if (!/^(0|[1-9]\d{0,2})$/.test(bitsText)) return null;
  const prefix = Number(bitsText);
  return prefix > address.prefix ? null : widen(address, prefix);
}

/** The network of `prefix` bits around an address or a narrower network. */
export function widen(network: Network, prefix: number): Network {
  const hostBits = BigInt(familyBits[network.family] - prefix);
  return { family: network.family, base: (network.base >> hostBits) << hostBits, prefix };
}

/** Does `outer` hold every address of `inner`? */
export function contains(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  const hostBits = BigInt(familyBits[outer.family] - outer.prefix);
  return outer.base >> hostBits === inner.base >> hostBits;
}

/** Is there an address that is in both? */
export function overlaps(a: Network, b: Network): boolean {
  return contains(a, b) || contains(b, a);
}

/** `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/48`: the shortest form (RFC 5952), which nftables takes as it is. */
export function formatNetwork(network: Network): string {
  const text = formatBase(network);
  return network.prefix === familyBits[network.family] ? text : `${text}/${network.prefix}`;
}

export function networkBytes(network: Network): Uint8Array {
  const bytes = new Uint8Array(familyBits[network.family] / 8);
  let rest = network.base;
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

function formatBase(network: Network): string {
  return ipaddr.fromByteArray([...networkBytes(network)]).toString();
}

/** `text` is an IPv4 address: isIP said so. Parsed here, because every first packet waits for it. */
function ipv4Number(text: string): number {
  return text.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

/** `text` is an IPv6 address: isIP said so. An IPv4-mapped one is the IPv4 address. */
function ipv6Address(text: string): Network {
  const [head = '', tail] = text.split('::');
  const front = ipv6Groups(head);
  const back = tail === undefined ? [] : ipv6Groups(tail);
  const gap = Array.from({ length: 8 - front.length - back.length }, () => 0);
  const base = [...front, ...gap, ...back].reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
  if (base >> 32n === 0xffffn) return { family: 4, base: base & 0xffff_ffffn, prefix: 32 };
  return { family: 6, base, prefix: 128 };
}

function ipv6Groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const number = ipv4Number(group);
    return [Math.floor(number / 0x1_0000), number % 0x1_0000];
  });
}
