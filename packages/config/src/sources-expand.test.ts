// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from './load.ts';
import { contains, formatNetwork, type Network, overlaps, widen } from './network.ts';
import { expandSources } from './sources-expand.ts';
import type { Config, Source } from './types.ts';

const config = load(`
version: 1
lan: [100.64.0.0/10]
devices:
  nas: { mac: [00:11:32:aa:bb:cc, 00:11:32:aa:bb:dd], address: [192.0.2.20, 2001:db8::20] }
  tv: { mac: 00:11:32:aa:bb:cc }
groups:
  outer: [inner, inner, tv, 192.0.2.0/24]
  inner: [nas, 192.0.2.7, 192.0.2.7]
  everybody: [any, outer]
  nobody: []
  far: [tom.dyn.example, country:DE, leo]
people:
  leo: { devices: [tv, nas] }
`);

function load(text: string): Config {
  const result = parseConfig(text, { file: 'nftoggle.yml' });
  if (!result.ok) throw new TypeError(result.problems[0]?.message);
  return result.config;
}

function expand(...sources: readonly Source[]) {
  const { networks, macs, any } = expandSources(config, sources);
  return { networks: networks.map(formatNetwork), macs, any };
}

describe('expandSources', () => {
  it('has nothing for nobody', () => {
    expect(expand()).toEqual({ networks: [], macs: [], any: false });
    expect(expand({ kind: 'group', group: 'nobody' })).toEqual({ networks: [], macs: [], any: false });
  });

  it('opens groups within groups, each thing once', () => {
    expect(expand({ kind: 'group', group: 'outer' })).toEqual({
      networks: ['192.0.2.0/24', '2001:db8::20'],
      macs: ['00:11:32:aa:bb:cc', '00:11:32:aa:bb:dd'],
      any: false,
    });
  });

  it('knows a device by its hardware and its addresses', () => {
    expect(expand({ kind: 'device', device: 'nas' }).networks).toEqual(['192.0.2.20', '2001:db8::20']);
    expect(expand({ kind: 'device', device: 'tv' })).toMatchObject({
      networks: [],
      macs: ['00:11:32:aa:bb:cc'],
    });
  });

  it('knows a person by their devices, and has nothing of what cannot be listed', () => {
    expect(expand({ kind: 'group', group: 'far' })).toEqual({
      networks: ['192.0.2.20', '2001:db8::20'],
      macs: ['00:11:32:aa:bb:cc', '00:11:32:aa:bb:dd'],
      any: false,
    });
    expect(expand({ kind: 'name', name: 'tom.dyn.example' }, { kind: 'asn', asn: 3320 })).toEqual(expand());
  });

  it('takes what the file adds to lan', () => {
    expect(expand({ kind: 'lan' }).networks).toEqual([
      '10.0.0.0/8',
      '100.64.0.0/10',
      '169.254.0.0/16',
      '172.16.0.0/12',
      '192.168.0.0/16',
      'fc00::/7',
      'fe80::/10',
    ]);
  });

  it('says that it is for anybody, and who is named beside', () => {
    expect(expand({ kind: 'group', group: 'everybody' })).toMatchObject({
      networks: ['192.0.2.0/24', '2001:db8::20'],
      any: true,
    });
  });

  it('covers every network that is given, with networks that do not overlap', () => {
    const network = fc
      .tuple(fc.constantFrom(4 as const, 6 as const), fc.nat(0xffff), fc.integer({ min: 0, max: 16 }))
      .map(([family, high, prefix]): Network => {
        const bits = family === 4 ? 32 : 128;
        return widen({ family, base: BigInt(high) << BigInt(bits - 16), prefix: bits }, prefix);
      });
    fc.assert(
      fc.property(fc.array(network), (given) => {
        const sources = given.map((one): Source => ({ kind: 'network', network: one }));
        const { networks } = expandSources(config, sources);
        expect(given.every((one) => networks.some((kept) => contains(kept, one)))).toBe(true);
        expect(
          networks.every((one) => given.some((source) => formatNetwork(source) === formatNetwork(one))),
        ).toBe(true);
        const pairs = networks.flatMap((a, i) => networks.slice(i + 1).map((b) => overlaps(a, b)));
        expect(pairs).not.toContain(true);
      }),
    );
  });
});
