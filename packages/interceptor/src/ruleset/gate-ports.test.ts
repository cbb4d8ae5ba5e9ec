// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { parseGatePorts, uncoveredPorts } from './gate-ports.ts';

const tcp = (from: number, to = from) => ({ protocol: 'tcp' as const, from, to });
const udp = (from: number, to = from) => ({ protocol: 'udp' as const, from, to });

describe('parseGatePorts', () => {
  it('reads single ports and ranges out of the verdict map, and nothing out of other rules', () => {
    const set = [
      [{ concat: ['tcp', 22] }, { goto: { target: 'gate_ports_1' } }],
      [{ concat: ['udp', { range: [3478, 3480] }] }, { goto: { target: 'gate_ports_2' } }],
    ];
    const rules = [[{ match: {} }, { accept: null }], [{ vmap: { key: {}, data: { set } } }]];
    const nftables = [{ metainfo: {} }, { chain: {} }, ...rules.map((expr) => ({ rule: { expr } }))];
    expect(parseGatePorts(JSON.stringify({ nftables }))).toEqual([tcp(22), udp(3478, 3480)]);
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
