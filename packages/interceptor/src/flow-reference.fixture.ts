// SPDX-License-Identifier: MIT
// The parser once more, written from the RFCs for readers rather than for speed, and bytes of packets to
// try both on. RFC 791 (IPv4), 8200 (IPv6), 4302 (AH), 9293 (TCP), 768 (UDP).
import { networkFromBytes } from './bytes.ts';
import type { ParsedFlow } from './native.ts';

type Bytes = readonly number[];

const [hopByHop, tcp, udp, routing, fragment, authentication, destinationOptions, mobility] = [
  0, 6, 17, 43, 44, 51, 60, 135,
] as const;

const u16 = (bytes: Bytes, at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
const u32 = (bytes: Bytes, at: number): number => u16(bytes, at) * 65_536 + u16(bytes, at + 2);

/** Null for whatever is no first packet of a TCP or UDP flow. */
export function referenceFlow(bytes: Bytes): Extract<ParsedFlow, { malformed?: undefined }> | null {
  const version = Math.floor((bytes[0] ?? 0) / 16);
  if (version === 4) return ipv4(bytes);
  return version === 6 ? ipv6(bytes) : null;
}

function ipv4(bytes: Bytes) {
  const headerLength = ((bytes[0] ?? 0) % 16) * 4;
  const totalLength = u16(bytes, 2);
  const offset = u16(bytes, 6) % 8_192;
  const isWhole = bytes.length >= 20 && headerLength >= 20 && bytes.length >= headerLength;
  if (!isWhole || totalLength < headerLength || offset > 0) return null;
  const rest = bytes.slice(headerLength, totalLength);
  return transport(bytes[9] ?? 0, rest, bytes.slice(12, 16), bytes.slice(16, 20));
}

function ipv6(bytes: Bytes) {
  if (bytes.length < 40) return null;
  const [source, destination] = [bytes.slice(8, 24), bytes.slice(24, 40)];
  let rest = bytes.slice(40, 40 + u16(bytes, 4));
  let type = bytes[6] ?? 0;
  for (let headers = 0; headers < 16; headers++) {
    if (type === tcp || type === udp) return transport(type, rest, source, destination);
    const length = extensionLength(type, rest[1] ?? 0);
    if (length === null || rest.length < 8 || rest.length < length) return null;
    if (type === fragment && Math.floor(u16(rest, 2) / 8) > 0) return null;
    type = rest[0] ?? 0;
    rest = rest.slice(length);
  }
  return null;
}

function extensionLength(type: number, lengthField: number): number | null {
  if ([hopByHop, routing, destinationOptions, mobility].some((known) => known === type))
    return (lengthField + 1) * 8;
  if (type === fragment) return 8;
  return type === authentication ? (lengthField + 2) * 4 : null;
}

function transport(protocol: number, bytes: Bytes, source: Bytes, destination: Bytes) {
  if (protocol === tcp) {
    const headerLength = Math.floor((bytes[12] ?? 0) / 16) * 4;
    if (bytes.length < 20 || headerLength < 20 || headerLength > bytes.length) return null;
  } else if (protocol !== udp || bytes.length < 8 || u16(bytes, 4) < 8) return null;
  return {
    protocol: protocol === tcp ? ('tcp' as const) : ('udp' as const),
    source: addressText(source),
    destination: addressText(destination),
    sourcePort: u16(bytes, 0),
    destinationPort: u16(bytes, 2),
    sequence: protocol === tcp ? u32(bytes, 4) : 0,
  };
}

/** The shortest form, so that two spellings of one address compare as one. */
export function addressText(bytes: Bytes): string {
  return networkFromBytes(Uint8Array.from(bytes));
}

// Packets ---------------------------------------------------------------------------------------------------

export interface PacketFields {
  readonly source: Bytes;
  readonly destination: Bytes;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly protocol: 'tcp' | 'udp';
  /** IPv4 options or TCP options, in words of 4 bytes. */
  readonly ipOptions: number;
  readonly tcpOptions: number;
  /** IPv6: types of extension headers, in order, and the length field of each. */
  readonly extensions: readonly { readonly type: number; readonly length: number }[];
  readonly moreFragments: boolean;
  readonly payload: Bytes;
}

export const extensionTypes = [hopByHop, routing, fragment, authentication, destinationOptions, mobility];

const bytes16 = (value: number): Bytes => [Math.floor(value / 256) % 256, value % 256];
const bytes32 = (value: number): Bytes => [
  ...bytes16(Math.floor(value / 65_536)),
  ...bytes16(value % 65_536),
];
const zeros = (count: number): Bytes => new Array<number>(count).fill(0);

/** A well-formed packet; IPv4 where the addresses have 4 bytes. */
export function packetBytes(fields: PacketFields): Uint8Array {
  const payload = transportBytes(fields);
  return Uint8Array.from(
    fields.source.length === 4 ? ipv4Bytes(fields, payload) : ipv6Bytes(fields, payload),
  );
}

function transportBytes(fields: PacketFields): Bytes {
  const ports = [...bytes16(fields.sourcePort), ...bytes16(fields.destinationPort)];
  if (fields.protocol === 'udp')
    return [...ports, ...bytes16(8 + fields.payload.length), 0, 0, ...fields.payload];
  const offset = (5 + fields.tcpOptions) * 16;
  const fixed = [...bytes32(fields.sequence), ...zeros(4), offset, 0x02, 0xff, 0xff, ...zeros(4)];
  return [...ports, ...fixed, ...zeros(fields.tcpOptions * 4), ...fields.payload];
}

function ipv4Bytes(fields: PacketFields, payload: Bytes): Bytes {
  const headerLength = 20 + fields.ipOptions * 4;
  const fragmentation = fields.moreFragments ? 0x2000 : 0x4000;
  const protocol = fields.protocol === 'tcp' ? tcp : udp;
  return [
    ...[0x45 + fields.ipOptions, 0, ...bytes16(headerLength + payload.length)],
    ...[0, 1, ...bytes16(fragmentation), 64, protocol, 0, 0],
    ...fields.source,
    ...fields.destination,
    ...zeros(fields.ipOptions * 4),
    ...payload,
  ];
}

function ipv6Bytes(fields: PacketFields, payload: Bytes): Bytes {
  const types = [...fields.extensions.map(({ type }) => type), fields.protocol === 'tcp' ? tcp : udp];
  const headers = fields.extensions.flatMap(({ type, length }, index) => {
    const size = extensionLength(type, length) ?? 0;
    const next = types[index + 1] ?? 0;
    // AH counts words of 4 bytes and has at least 12 of them; the fragment header's second byte is reserved.
    return type === fragment
      ? [next, 0, 0, fields.moreFragments ? 1 : 0, 0, 0, 0, 1]
      : [next, length, ...zeros(size - 2)];
  });
  const length = bytes16(headers.length + payload.length);
  return [
    0x60,
    0,
    0,
    0,
    ...length,
    types[0] ?? 0,
    64,
    ...fields.source,
    ...fields.destination,
    ...headers,
    ...payload,
  ];
}
