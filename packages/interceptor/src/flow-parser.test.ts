// SPDX-License-Identifier: MIT
import { formatNetwork, parseAddress } from '@nftoggle/config';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressText,
  extensionTypes,
  type PacketFields,
  packetBytes,
  referenceFlow,
} from './flow-reference.fixture.ts';
import { loadNative, type ParsedFlow } from './native.ts';

const { parseFlow } = loadNative();

const aByte = fc.integer({ min: 0, max: 255 });
const aPort = fc.integer({ min: 0, max: 65_535 });
const anAddress = (length: number) => fc.array(aByte, { minLength: length, maxLength: length });
const someFields = fc
  .constantFrom(4, 16)
  .chain((length) =>
    fc.record({
      source: anAddress(length),
      destination: anAddress(length),
      sourcePort: aPort,
      destinationPort: aPort,
      sequence: fc.integer({ min: 0, max: 0xffff_ffff }),
      protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      ipOptions: fc.nat(10),
      tcpOptions: fc.nat(10),
      extensions: fc.array(
        fc.record({ type: fc.constantFrom(...extensionTypes), length: fc.integer({ min: 1, max: 4 }) }),
        { maxLength: length === 4 ? 0 : 15 },
      ),
      moreFragments: fc.boolean(),
      payload: fc.array(aByte, { maxLength: 20 }),
    }),
  )
  .map((fields): PacketFields => fields);

/** Addresses may be spelled in two ways, `::ffff:1.2.3.4` for one; the flow is what counts. */
function normal(flow: ParsedFlow): unknown {
  if (flow.malformed !== undefined) return null;
  const spell = (text: string): string => {
    const address = parseAddress(text);
    return address === null ? `no address: ${text}` : formatNetwork(address);
  };
  return { ...flow, source: spell(flow.source), destination: spell(flow.destination) };
}

function agrees(bytes: Uint8Array): void {
  expect(normal(parseFlow(bytes))).toEqual(referenceFlow([...bytes]));
}

describe('parseFlow', () => {
  it('reads back every field of a well-formed packet, behind options, extension headers and in first fragments', () => {
    fc.assert(
      fc.property(someFields, (fields) => {
        expect(normal(parseFlow(packetBytes(fields)))).toEqual({
          protocol: fields.protocol,
          source: addressText(fields.source),
          destination: addressText(fields.destination),
          sourcePort: fields.sourcePort,
          destinationPort: fields.destinationPort,
          sequence: fields.protocol === 'tcp' ? fields.sequence : 0,
        });
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds the same flow, or none, in every beginning of a packet', () => {
    fc.assert(
      fc.property(someFields, (fields) => {
        const bytes = packetBytes(fields);
        const whole = parseFlow(bytes);
        for (let length = 0; length < bytes.length; length++) {
          const part = parseFlow(bytes.subarray(0, length));
          if (part.malformed === undefined) expect(part).toEqual(whole);
          agrees(bytes.subarray(0, length));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('agrees with the reference on packets with bytes changed at will', () => {
    const change = fc.tuple(fc.nat(120), aByte);
    fc.assert(
      fc.property(someFields, fc.array(change, { minLength: 1, maxLength: 4 }), (fields, changes) => {
        const bytes = packetBytes(fields);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        agrees(bytes);
      }),
      { numRuns: 5_000 },
    );
  });

  it('agrees with the reference on any bytes at all, and never throws', () => {
    const anyPacket = fc
      .tuple(fc.constantFrom(0x45, 0x4f, 0x60, 0x00), fc.uint8Array({ maxLength: 120 }))
      .map(([first, rest]) => Uint8Array.of(first, ...rest));
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), anyPacket), agrees), {
      numRuns: 5_000,
    });
  });

  it('reads nothing beyond the bytes that it is given', () => {
    fc.assert(
      fc.property(someFields, aByte, (fields, filler) => {
        const bytes = packetBytes(fields);
        const length = Math.floor(bytes.length / 2);
        const within = new Uint8Array(bytes.length + 64).fill(filler);
        within.set(bytes.subarray(0, length), 32);
        expect(parseFlow(within.subarray(32, 32 + length))).toEqual(parseFlow(bytes.subarray(0, length)));
      }),
    );
  });

  const syn: PacketFields = {
    source: [203, 0, 113, 7],
    destination: [203, 0, 113, 1],
    sourcePort: 50_000,
    destinationPort: 22,
    sequence: 7,
    protocol: 'tcp',
    ipOptions: 0,
    tcpOptions: 0,
    extensions: [],
    moreFragments: false,
    payload: [],
  };
  const changed = (...changes: readonly (readonly [at: number, value: number])[]): Uint8Array => {
    const bytes = packetBytes(syn);
    for (const [at, value] of changes) bytes[at] = value;
    return bytes;
  };
  const v6 = {
    ...syn,
    source: [0xfe, 0x80, ...new Array<number>(14).fill(1)],
    destination: new Array<number>(16).fill(2),
  };

  it.each([
    ['nothing', new Uint8Array(), 'truncated'],
    ['IPv5', changed([0, 0x55]), 'bad version'],
    ['an IHL of 4', changed([0, 0x44]), 'bad length'],
    ['an IHL beyond the packet', changed([0, 0x4f]), 'bad length'],
    ['a total length within the header', changed([2, 0], [3, 19]), 'bad length'],
    ['a total length within the TCP header', changed([2, 0], [3, 39]), 'truncated'],
    ['a later fragment', changed([7, 1]), 'not the first fragment'],
    ['ICMP', changed([9, 1]), 'neither TCP nor UDP'],
    ['a TCP data offset of 4', changed([32, 0x40]), 'bad length'],
    ['a TCP data offset beyond the packet', changed([32, 0xf0]), 'truncated'],
    ['a UDP length of 7', packetBytes({ ...syn, protocol: 'udp' }).with(25, 7), 'bad length'],
    [
      'seventeen extension headers',
      packetBytes({ ...v6, extensions: new Array(17).fill({ type: 60, length: 1 }) }),
      'too many extension headers',
    ],
  ])('says what is wrong with %s', (_, bytes, malformed) => {
    expect(parseFlow(bytes)).toEqual({ malformed });
  });
});
