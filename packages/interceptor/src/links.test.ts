// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { Links } from './links.ts';
import { network } from './session.fixture.ts';

const lan = [network('127.0.0.0/8'), network('fe80::/10'), network('169.254.0.0/16'), network('10.0.0.0/8')];
const elsewhere = [network('192.168.0.0/16'), network('fe80::/10'), network('169.254.0.0/16')];

describe('Links', () => {
  const links = new Links();

  it('have an address of a prefix on them, and no other', () => {
    expect(links.isOnLink('lo', network('127.0.0.9'))).toBe(true);
    expect(links.isOnLink('lo', network('203.0.113.7'))).toBe(false);
    expect(links.isOnLink('no-such', network('127.0.0.9'))).toBe(false);
  });

  it.each(['fe80::1', '169.254.7.7'])('have the link-local address %s on every interface', (address) => {
    expect(links.isOnLink('eth0', network(address))).toBe(true);
  });

  it.each([
    ['10.9.9.9', lan, false, 'beyond an inner router'],
    ['fe80::1', lan, false, 'link-local, on an interface of the LAN'],
    ['192.168.7.7', elsewhere, true, 'private, on an interface without a private address'],
    ['fe80::1', elsewhere, true, 'link-local, on an interface without a private address'],
    ['169.254.7.7', elsewhere, true, 'link-local, on an interface without a private address'],
    ['203.0.113.7', elsewhere, false, 'public: that is no question of the LAN'],
  ] as const)('tell whether %s is outside: %#', (address, ranges, outside, _why) => {
    expect(links.isOutside('lo', network(address), ranges)).toBe(outside);
  });

  it('take a private source on an interface that they do not know for one from outside', () => {
    expect(links.isOutside('no-such', network('10.0.0.1'), lan)).toBe(true);
  });

  it('take a source that may have come in by any interface for one from outside unless it is near', () => {
    const routers = new Links(
      () =>
        new Map([
          ['lo', [network('127.0.0.1')]],
          ['wan0', [network('203.0.113.0/24')]],
          ['lan0', [network('10.1.0.0/16')]],
        ]),
    );
    const far = ['10.1.9.9', '203.0.113.7', '10.2.0.1', 'fe80::1'].map((address) =>
      routers.mayBeOutside(network(address), lan),
    );
    expect(far).toEqual([false, false, true, true]);
    const server = new Links(() => new Map([['lan0', [network('10.1.0.0/16')]]]));
    expect(server.mayBeOutside(network('10.2.0.1'), lan)).toBe(false);
  });

  it('are inside when they have an address of the LAN, with every prefix on them', () => {
    expect(links.inside(lan)).toMatchObject({ interfaces: ['lo'] });
    expect(links.inside(lan).networks).toContainEqual(network('127.0.0.0/8'));
    expect(links.inside(elsewhere)).toEqual({ interfaces: [], networks: [] });
  });

  it('tell that nothing changed', () => {
    expect(links.refresh()).toBe(false);
  });
});
