// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Distinct } from './distinct.ts';

const address = (n: number) => `2001:db8:${(n >>> 16).toString(16)}::${(n & 0xffff).toString(16)}`;

describe('Distinct', () => {
  it('counts each text once, however often it comes', () => {
    fc.assert(
      fc.property(fc.array(fc.ipV4()), (addresses) => {
        const distinct = new Distinct(1_024);
        for (const each of [...addresses, ...addresses]) distinct.add(each);
        expect(distinct.size).toBe(new Set(addresses).size);
      }),
    );
  });

  it.each([
    ['IPv6 addresses', address],
    ['IPv4 addresses in a row', (n: number) => `203.${n >> 16}.${(n >> 8) & 255}.${n & 255}`],
  ])('takes no two %s for one', (_, text) => {
    const distinct = new Distinct(65_536);
    for (let n = 0; n < 65_000; n++) distinct.add(text(n));
    expect(distinct.size).toBe(65_000);
  });

  it('stops at its bound', () => {
    const distinct = new Distinct(4);
    for (let n = 0; n < 100; n++) distinct.add(address(n));
    expect(distinct.size).toBe(4);
  });

  it('begins anew', () => {
    const distinct = new Distinct(4);
    distinct.add('a');
    distinct.clear();
    distinct.add('a');
    expect(distinct.size).toBe(1);
  });
});
