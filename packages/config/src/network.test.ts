// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contains,
  familyBits,
  formatNetwork,
  type Network,
  networkBytes,
  overlaps,
  parseAddress,
  parseNetwork,
  widen,
} from './network.ts';

const network = fc.constantFrom(4 as const, 6 as const).chain((family) => {
  const bits = familyBits[family];
  // Few high bits, so that two networks often meet.
  const base = fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
    fc.constantFrom(0n, 1n, 256n),
  );
  return fc
    .tuple(base, fc.integer({ min: 0, max: bits }))
    .map(([number, prefix]): Network => widen({ family, base: number, prefix: bits }, prefix));
});

/** The bits of the prefix as text: what a person would compare by hand. */
function prefixBits({ family, base, prefix }: Network): string {
  return base.toString(2).padStart(familyBits[family], '0').slice(0, prefix);
}

// Written as `::ffff:192.0.2.1`, an IPv4 address is IPv4.
const isMapped = ({ family, base }: Network) => family === 6 && base >> 32n === 0xffffn;

describe('networks', () => {
  it('reads back what it writes', () => {
    fc.assert(
      fc.property(network, (one) => {
        fc.pre(!isMapped(one));
        expect(parseNetwork(formatNetwork(one))).toEqual(one);
      }),
    );
  });

  it('contains what starts with the same bits', () => {
    fc.assert(
      fc.property(network, network, (a, b) => {
        const naive = a.family === b.family && prefixBits(b).startsWith(prefixBits(a));
        expect(contains(a, b)).toBe(naive);
      }),
    );
  });

  it('contains every network that is cut out of it', () => {
    fc.assert(
      fc.property(network, fc.nat(128), (one, prefix) => {
        fc.pre(prefix <= one.prefix);
        expect(contains(widen(one, prefix), one)).toBe(true);
      }),
    );
  });

  it('overlaps where an address is in both, whichever is asked first', () => {
    fc.assert(
      fc.property(network, network, (a, b) => {
        const length = Math.min(a.prefix, b.prefix);
        const naive =
          a.family === b.family && prefixBits(a).slice(0, length) === prefixBits(b).slice(0, length);
        expect([overlaps(a, b), overlaps(b, a)]).toEqual([naive, naive]);
      }),
    );
  });

  it('has four or sixteen bytes, the highest first', () => {
    fc.assert(
      fc.property(network, (one) => {
        const hex = Buffer.from(networkBytes(one)).toString('hex');
        expect([hex.length * 4, BigInt(`0x${hex}`)]).toEqual([familyBits[one.family], one.base]);
      }),
    );
  });

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7/24', '192.0.2.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.0.2.7/32', '192.0.2.7'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8::1/64', '2001:db8::/64'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['::/0', '::/0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
  ])('writes %s as %s', (text, shortest) => {
    const parsed = parseNetwork(text);
    expect(parsed && formatNetwork(parsed)).toBe(shortest);
  });

  it.each([
    '',
    ' 192.0.2.1',
    '192.0.2',
    '192.0.2.256',
    '010.0.0.1',
    '0x7f.1',
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/08',
    '192.0.2.0/-1',
    '192.0.2.0/24/24',
    '2001:db8::/129',
    '2001:db8:::1',
    'fe80::1%eth0',
    'example.org',
  ])('refuses %j', (text) => {
    expect(parseNetwork(text)).toBeNull();
  });

  it('takes no prefix where an address is asked for', () => {
    expect(parseAddress('192.0.2.0/24')).toBeNull();
  });
});
