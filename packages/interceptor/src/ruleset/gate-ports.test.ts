// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { parsePortKeys, uncoveredPorts } from './gate-ports.ts';

const tcp = (from: number, to = from) => ({ protocol: 'tcp' as const, from, to });
const udp = (from: number, to = from) => ({ protocol: 'udp' as const, from, to });

const key = (protocol: number, port: number) =>
  Uint8Array.of(protocol, 0, 0, 0, port >> 8, port & 0xff, 0, 0);

describe('parsePortKeys', () => {
  it('reads single ports and ranges out of the keys of the verdict map', () => {
    expect(
      parsePortKeys([
        { from: key(6, 22), to: key(6, 22) },
        { from: key(17, 3478), to: key(17, 3480) },
      ]),
    ).toEqual([tcp(22), udp(3478, 3480)]);
  });

  it('reads nothing out of keys of another kind', () => {
    const address = Uint8Array.of(192, 0, 2, 1);
    expect(parsePortKeys([{ from: address, to: address }])).toEqual([]);
    expect(parsePortKeys([{ from: key(132, 22), to: key(132, 22) }])).toEqual([]);
  });
});

describe('uncoveredPorts', () => {
  it.each([
    { ranges: [tcp(22)], guarded: [], left: [tcp(22)] },
    { ranges: [tcp(22)], guarded: [tcp(22)], left: [] },
    { ranges: [tcp(22)], guarded: [udp(22)], left: [tcp(22)] },
    { ranges: [tcp(20, 30)], guarded: [tcp(20, 24), tcp(25, 30)], left: [] },
    { ranges: [tcp(20, 30)], guarded: [tcp(28, 40), tcp(10, 21)], left: [tcp(22, 27)] },
    { ranges: [tcp(20, 30)], guarded: [tcp(25)], left: [tcp(20, 24), tcp(26, 30)] },
    { ranges: [tcp(20, 30)], guarded: [tcp(40, 50), tcp(1, 5)], left: [tcp(20, 30)] },
  ])('of $ranges under $guarded is $left', ({ ranges, guarded, left }) => {
    expect(uncoveredPorts(ranges, guarded)).toEqual(left);
  });
});
