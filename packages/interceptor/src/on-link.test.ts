// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { OnLink } from './on-link.ts';
import { network } from './session.fixture.ts';

describe('OnLink', () => {
  it('holds an address of a prefix that the interface has, and no other', () => {
    const onLink = new OnLink();
    expect(onLink.has('lo', network('127.0.0.9'), 0)).toBe(true);
    expect(onLink.has('lo', network('203.0.113.7'), 0)).toBe(false);
    expect(onLink.has('no-such', network('127.0.0.9'), 0)).toBe(false);
  });

  it.each(['fe80::1', '169.254.7.7'])('holds the link-local address %s on every interface', (address) => {
    expect(new OnLink().has('eth0', network(address), 0)).toBe(true);
  });

  it("tells a neighbour on the provider's side from one on the LAN by the addresses of the interface", () => {
    const onLink = new OnLink();
    const outside = (address: string, lan: string) =>
      onLink.isOutside('lo', network(address), [network(lan)], 0);
    expect(outside('fe80::1', '127.0.0.0/8')).toBe(false);
    expect(outside('fe80::1', '192.168.0.0/16')).toBe(true);
    expect(outside('169.254.7.7', '192.168.0.0/16')).toBe(true);
    expect(outside('203.0.113.7', '192.168.0.0/16')).toBe(false);
  });

  it('takes a link-local source on an interface that it does not know for one from outside', () => {
    expect(new OnLink().isOutside('no-such', network('fe80::1'), [network('127.0.0.0/8')], 0)).toBe(true);
  });
});
