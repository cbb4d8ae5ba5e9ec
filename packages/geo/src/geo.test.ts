// SPDX-License-Identifier: MIT
import { formatNetwork, parseAddress, widen } from '@nftoggle/config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GeoDatabases, openGeo } from './geo.ts';

let geo: GeoDatabases;
const problems: string[] = [];

beforeAll(async () => {
  geo = await openGeo({
    countries: null,
    asn: null,
    onChange: () => {},
    onProblem: (problem) => problems.push(problem),
  });
});
afterAll(() => geo.close());

function placeOf(text: string): ReturnType<GeoDatabases['placeOf']> {
  const address = parseAddress(text);
  if (address === null) throw new TypeError(text);
  return geo.placeOf(address);
}

describe('the built-in country database', () => {
  it.each([
    // Large blocks that one provider has held for decades.
    ['79.192.0.1', 'DE', 'Deutsche Telekom'],
    ['79.223.1.1', 'DE', 'Deutsche Telekom'],
    ['2003::1', 'DE', 'Deutsche Telekom'],
    ['2003:e0:1234::1', 'DE', 'Deutsche Telekom'],
    ['90.0.0.1', 'FR', 'Orange'],
    ['2a01:cb00::1', 'FR', 'Orange'],
    ['86.128.0.1', 'GB', 'BT'],
    ['2a00:23c0::1', 'GB', 'BT'],
    ['126.0.0.1', 'JP', 'SoftBank'],
    ['2400:4000::1', 'JP', 'NTT'],
    ['1.208.0.1', 'KR', 'LG Uplus'],
    ['200.160.0.1', 'BR', 'NIC.br'],
    ['2804::1', 'BR', 'NIC.br'],
    ['41.0.0.1', 'ZA', 'Vodacom'],
    ['84.80.0.1', 'NL', 'KPN'],
    ['2a02:a440::1', 'NL', 'KPN'],
  ])('knows that %s is in %s (%s)', (address, country) => {
    expect(placeOf(address)).toMatchObject({ country, asn: null });
  });

  it.each([
    '0.0.0.1',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.168.1.1',
    '198.19.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '100::1',
    'fd12::1',
    'fe80::1',
    'ff02::1',
    '::ffff:192.168.1.1',
  ])('puts %s in no country: nothing on the Internet has it', (address) => {
    expect(placeOf(address).country).toBeNull();
  });

  it.each(['192.0.2.1', '198.51.100.1', '203.0.113.7', '2001:db8::1', '3fff::1'])(
    'knows nothing of %s, an address for examples',
    (address) => {
      expect(placeOf(address).country).toBeNull();
    },
  );

  it.each(['2001:0:4fc0:1::1', '2002:4fc0:1::1', '64:ff9b::4fc0:1'])(
    'does not know where %s is, which another protocol carries',
    (address) => {
      expect(placeOf(address).country).toBeNull();
    },
  );

  it('takes an IPv4-mapped address for the IPv4 address', () => {
    const mapped = { family: 6, base: 0xffff_4fc0_0001n, prefix: 128 } as const;
    const { prefix } = placeOf('79.192.0.1');
    expect(geo.placeOf(mapped)).toEqual({ country: 'DE', asn: null, prefix: prefix + 96 });
  });

  it('says how far around the address the same is true', () => {
    for (const text of [
      '79.192.0.1',
      '2003::1',
      '2804::1',
      'fd12::1',
      '::1',
      '::2',
      '198.20.0.1',
      '1:2::3',
    ]) {
      const address = parseAddress(text);
      if (address === null) throw new TypeError(text);
      const { country, prefix } = geo.placeOf(address);
      const around = widen(address, prefix);
      const bits = address.prefix;
      const last = around.base | ((1n << BigInt(bits - prefix)) - 1n);
      const middle = around.base | ((last - around.base) >> 1n);
      for (const base of [around.base, middle, last])
        expect(
          geo.placeOf({ family: address.family, base, prefix: bits }),
          `${text} in ${formatNetwork(around)}`,
        ).toMatchObject({ country, prefix });
    }
    expect(placeOf('::1').prefix).toBe(128);
    expect(placeOf('::2').prefix).toBe(127);
  });

  it('is what the status says, and has no problem', () => {
    expect(geo.status()).toEqual({
      countries: { file: 'built-in', built: expect.stringMatching(/^20\d\d-.*Z$/), problem: null },
      asn: null,
    });
    expect(problems).toEqual([]);
  });

  it('answers in microseconds', () => {
    const addresses = Array.from({ length: 1_000 }, (_, at) => {
      const v4 = { family: 4, base: BigInt(at * 4_000_003), prefix: 32 } as const;
      const v6 = { family: 6, base: (0x2a00_0000n + BigInt(at * 4_001)) << 96n, prefix: 128 } as const;
      return at % 2 === 0 ? v4 : v6;
    });
    const before = performance.now();
    for (let round = 0; round < 50; round++) for (const address of addresses) geo.placeOf(address);
    const microseconds = (performance.now() - before) / 50;
    // Some 2 on a quiet machine; the bound is for a busy one.
    expect(microseconds).toBeLessThan(50);
  });
});
