// SPDX-License-Identifier: MIT
import { aFlow, aLoaded } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile.ts';
import { decide } from './decide.ts';
import { aGrant, aPolicy, aWorld, type WorldParts } from './world.fixture.ts';
import { emptyWorld } from './world.ts';

const services = `
version: 1
timezone: Europe/Berlin
devices:
  nas: { mac: 00:11:32:aa:bb:cc, address: "2001:db8:5::20" }
  tablet: { address: "2001:db8:6::20" }
groups:
  friends: [2001:db8:7::/48]
  both_halves: ["2001:db8:9::/65", "2001:db8:9:0:8000::/65"]
services:
  open: { ports: [1/tcp], allow: [any] }
  friends: { ports: [2/tcp], allow: [friends] }
  one: { ports: [3/tcp], allow: [203.0.113.7, "2001:db8:9::1"] }
  not_one: { ports: [4/tcp], deny: ["2001:db8:9::1"], allow: [any] }
  not_nas: { ports: [5/tcp], deny: [nas], allow: [any] }
  not_tablet: { ports: [6/tcp], deny: [tablet], allow: [any] }
  late_nas: { ports: [7/tcp], allow: [friends, nas] }
  halves: { ports: [8/tcp], allow: ["2001:db8:9::/65", "2001:db8:9:0:8000::/65"] }
  whole: { ports: [9/tcp], allow: [both_halves] }
`;
const policy = compilePolicy(aLoaded(services));
const narrow = compilePolicy(aLoaded(`${services}\nkernel: { ipv6_prefix: 128 }`));
const wide = compilePolicy(aLoaded(`${services}\nkernel: { ipv6_prefix: 48 }`));
const now = Date.parse('2025-01-15T12:00:00Z');

function prefix(service: string, address: string, mac?: string, by = policy): number {
  return decide(
    by,
    emptyWorld,
    aFlow({ service, source: mac === undefined ? { address } : { address, mac } }),
    now,
  ).prefix;
}

describe('the prefix of a decision', () => {
  it('is the configured one where every address of it gets the same answer', () => {
    expect(prefix('open', '2001:db8:9::1')).toBe(64);
    expect(prefix('friends', '2001:db8:7::1')).toBe(64);
    expect(prefix('friends', '2001:db8:8::1')).toBe(64);
    expect(prefix('friends', '2001:db8:7::1', undefined, wide)).toBe(48);
  });

  it('is one address when the configuration wants it so', () => {
    expect(prefix('open', '2001:db8:9::1', undefined, narrow)).toBe(128);
  });

  it('is one address for IPv4', () => {
    expect(prefix('open', '203.0.113.7')).toBe(32);
    expect(prefix('open', '::ffff:203.0.113.7')).toBe(32);
  });

  it('is one address where a rule singles out an address of the prefix, whichever was asked about', () => {
    expect(prefix('one', '2001:db8:9::1')).toBe(128);
    expect(prefix('one', '2001:db8:9::2')).toBe(128);
    expect(prefix('not_one', '2001:db8:9::2')).toBe(128);
    expect(prefix('one', '2001:db8:9:1::2')).toBe(64);
  });

  it('is one address where a rule on the way names a device that could have any address', () => {
    expect(prefix('not_nas', '2001:db8:9::1')).toBe(128);
    expect(prefix('not_tablet', '2001:db8:9::1')).toBe(64);
    expect(prefix('not_tablet', '2001:db8:6::1')).toBe(128);
  });

  it('does not depend on rules after the deciding one', () => {
    expect(prefix('late_nas', '2001:db8:7::1')).toBe(64);
    expect(prefix('late_nas', '2001:db8:8::1')).toBe(128);
  });

  it('is one address where two rules share the prefix, and all of it where one group has both parts', () => {
    expect(prefix('halves', '2001:db8:9::1')).toBe(128);
    expect(prefix('whole', '2001:db8:9::1')).toBe(64);
  });

  it('is one address for a source that is on-link, or known by its link-local address', () => {
    expect(prefix('open', '2001:db8:9::1', '02:00:00:00:00:01')).toBe(128);
    expect(prefix('open', 'fe80::1')).toBe(128);
    expect(prefix('open', 'febf::1')).toBe(128);
    expect(prefix('open', 'fec0::1')).toBe(64);
  });

  it('is one address for a service that is not known', () => {
    expect(prefix('telnet', '2001:db8:9::1')).toBe(128);
    expect(prefix('telnet', '203.0.113.7')).toBe(32);
  });
});

describe('the prefix of a decision that depends on the world', () => {
  const policy = aPolicy(`
version: 1
timezone: UTC
geo: { asn: /etc/nftoggle/asn.mmdb }
lan: ["2001:db8:aa::/96"]
devices: { laptop: { address: "2001:db8:c::40" } }
people: { leo: { devices: [laptop], allowance: { daily: 1h, services: [counted] } } }
groups: { two: ["2001:db8:9::1", "2001:db8:9::2"] }
services:
  named: { ports: [1/tcp], allow: [tom.example] }
  placed: { ports: [2/tcp], allow: ["country:DE"] }
  numbered: { ports: [3/tcp], allow: ["asn:64501"] }
  conditional: { ports: [4/tcp], allow: [{ from: any, not_countries: [FR] }] }
  elsewhere: { ports: [5/tcp], deny: [{ from: "2001:db8:1::/48", countries: [FR] }], allow: [any] }
  counted: { ports: [6/tcp], allow: [any] }
  uncounted: { ports: [7/tcp], allow: [any] }
  shared: { ports: [8/tcp], allow: [{ from: any, allowance: { daily: 1h } }] }
  hosts: { ports: [11/tcp], allow: [{ from: lan }, { from: "fd00::5" }] }
  apart: { ports: [9/tcp], allow: [{ from: [two, any], allowance: { daily: 1h } }] }
`);
  const prefixIn = (service: string, address: string, parts: WorldParts): number =>
    decide(policy, aWorld(parts), { service, source: { address } }, now).prefix;
  const whole = { places: { '2001:db8:9::/48': 'DE', '2001:db8::/47': 64501 } };
  const halved = { places: { '2001:db8:9::/48': 'DE', '2001:db8:9::/65': 'FR' } };

  it('is one address where a name stands for one of its addresses', () => {
    const names = { 'tom.example': ['2001:db8:9::1'] };
    expect(prefixIn('named', '2001:db8:9::1', { names })).toBe(128);
    expect(prefixIn('named', '2001:db8:9::2', { names })).toBe(128);
    expect(prefixIn('named', '2001:db8:9:1::2', { names })).toBe(64);
    expect(prefixIn('named', '2001:db8:9::1', {})).toBe(64);
  });

  it('is one address where its addresses are in several places, and a rule asks where they are', () => {
    for (const service of ['placed', 'conditional']) {
      expect(prefixIn(service, '2001:db8:9::1', whole)).toBe(64);
      expect(prefixIn(service, '2001:db8:9::1', halved)).toBe(128);
      expect(prefixIn(service, '2001:db8:9:0:8000::1', halved)).toBe(128);
      expect(prefixIn(service, '2001:db8:9:1::1', halved)).toBe(64);
    }
    expect(prefixIn('numbered', '2001:db8:1::1', whole)).toBe(64);
    expect(prefixIn('numbered', '2001:db8:9::1', halved)).toBe(128);
    expect(prefixIn('elsewhere', '2001:db8:9::1', halved)).toBe(64);
  });

  it('is one address where a part of it is at home, and in no country', () => {
    const places = { '2001:db8:aa::/48': 'DE' };
    expect(prefixIn('placed', '2001:db8:aa::1', { places })).toBe(128);
    expect(prefixIn('placed', '2001:db8:aa:0:8000::1', { places })).toBe(128);
    expect(prefixIn('placed', '2001:db8:aa:1::1', { places })).toBe(64);
  });

  it("is one address where a rule names an address of the neighbours on the provider's side", () => {
    const ask = (address: string, outside: boolean): number => {
      const source = outside ? { address, outside: true as const } : { address };
      return decide(policy, aWorld(), { service: 'hosts', source }, now).prefix;
    };
    expect(ask('fd00::9', false)).toBe(64);
    expect(ask('fd00::9', true)).toBe(128);
    expect(ask('fd00:0:0:1::9', true)).toBe(64);
  });

  it('is one address where one of its addresses is of a device, whatever the rules say', () => {
    for (const service of ['counted', 'uncounted', 'named']) {
      expect(prefixIn(service, '2001:db8:c::1', {})).toBe(128);
      expect(prefixIn(service, '2001:db8:c::40', {})).toBe(128);
      expect(prefixIn(service, '2001:db8:c:1::40', {})).toBe(64);
    }
  });

  it('is one address where its addresses have accounts of their own', () => {
    expect(prefixIn('shared', '2001:db8:9::1', {})).toBe(64);
    expect(prefixIn('apart', '2001:db8:9::7', {})).toBe(128);
    expect(prefixIn('apart', '2001:db8:8::7', {})).toBe(64);
  });

  it('is one address where somebody granted one of its addresses something', () => {
    const until = '2025-01-16T00:00:00Z';
    expect(prefixIn('named', '2001:db8:9::7', { grants: [aGrant('named', '2001:db8:9::7', until)] })).toBe(
      128,
    );
    expect(prefixIn('named', '2001:db8:9::8', { grants: [aGrant('named', '2001:db8:9::7', until)] })).toBe(
      128,
    );
    expect(prefixIn('named', '2001:db8:9::8', { grants: [aGrant('named', '2001:db8:9::/48', until)] })).toBe(
      64,
    );
  });
});
