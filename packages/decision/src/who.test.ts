// SPDX-License-Identifier: MIT
// Whose address it was: what events, sessions and statistics say of the sender of a packet.
import { type FlowSource, nobody, type Who } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { explain } from './explain.ts';
import { aGrant, aPolicy, aWorld, type WorldParts } from './world.fixture.ts';

const macs = { console: '0c:fe:45:12:34:56', tablet: '0c:fe:45:12:34:57', guest: '0c:fe:45:12:34:60' };
const policy = aPolicy(`
version: 1
timezone: UTC
lan: ["2001:db8:aa::/96"]
devices:
  laptop: { address: [192.168.1.50, "2001:db8:c::50"] }
  console: { mac: ${macs.console}, address: 192.168.1.40 }
  "7": { mac: ${macs.tablet} }
  "3": { mac: ${macs.tablet}, address: 192.168.1.50 }
  camera: { address: 192.168.1.70 }
people:
  mia: { devices: [laptop] }
  leo: { devices: [console, "7"], role: child }
  anna: { devices: [console, laptop], role: parent }
services:
  open: { ports: [1/tcp], allow: [any] }
  shut: { ports: [2/tcp] }
  denied: { ports: [3/tcp], deny: [any] }
  german: { ports: [4/tcp], allow: ["country:DE"] }
`);

const now = Date.parse('2026-03-02T12:00:00Z');
const places: WorldParts = {
  places: {
    '203.0.113.0/24': 'DE',
    '2001:db8:9::/48': 'FR',
    '2001:db8:a::/65': 'DE',
    '2001:db8:a::/64': 'FR',
    '2001:db8:aa::/48': 'DE',
  },
};

function who(service: string, source: FlowSource, parts: WorldParts = places): Who {
  return decide(policy, aWorld(parts), { service, source }, now).who;
}

const of = (device: string | null, person: string | null, country: string | null = null): Who => ({
  device,
  person,
  country,
});

describe('a decision says whose address it was about', () => {
  it.each<readonly [string, FlowSource, Who]>([
    ['a device by its MAC address', { address: '192.168.1.99', mac: macs.console }, of('console', 'leo')],
    ['a device by its address', { address: '192.168.1.40' }, of('console', 'leo')],
    ['a device by its IPv6 address', { address: '2001:db8:c::50' }, of('laptop', 'mia')],
    ['a device by an IPv4 address in IPv6 form', { address: '::ffff:192.168.1.40' }, of('console', 'leo')],
    ['a device that is nobody’s', { address: '192.168.1.70' }, of('camera', null)],
    [
      'a device by its address, though the MAC address is another: rules take it for that device, too',
      { address: '192.168.1.70', mac: macs.guest },
      of('camera', null),
    ],
    [
      'the first device of the file, where MAC address and address are of two',
      { address: '192.168.1.70', mac: macs.console },
      of('console', 'leo'),
    ],
    [
      'the first device of the file, where the address is of the earlier one',
      { address: '192.168.1.50', mac: macs.console },
      of('laptop', 'mia'),
    ],
    [
      'the first device of the file, though names of digits sort otherwise',
      { address: '192.168.1.99', mac: macs.tablet },
      of('7', 'leo'),
    ],
    ['somebody in a country', { address: '203.0.113.7' }, of(null, null, 'DE')],
    ['somebody in a country, on IPv6', { address: '2001:db8:9::1' }, of(null, null, 'FR')],
    ['somebody in no country that is known', { address: '198.51.100.7' }, nobody],
    ['a guest', { address: '192.168.1.80', mac: macs.guest }, nobody],
    ['a link-local address', { address: 'fe80::1' }, nobody],
    ['an address at home that the database has abroad', { address: '2001:db8:aa::1' }, nobody],
    [
      "a neighbour on the provider's side, who is in no country",
      { address: '203.0.113.7', outside: true },
      nobody,
    ],
    [
      "a neighbour on the provider's side with the address of a device: rules take it for that device, too",
      { address: '192.168.1.40', outside: true },
      of('console', 'leo'),
    ],
  ])('%s', (_, source, expected) => {
    for (const service of ['open', 'shut', 'denied', 'german', 'no-such-service']) {
      expect(who(service, source), service).toEqual(expected);
    }
  });

  it('also where a grant lets it in', () => {
    const grants = [aGrant('shut', '203.0.113.7', '2026-03-03T00:00:00Z')];
    expect(who('shut', { address: '203.0.113.7' }, { ...places, grants })).toEqual(of(null, null, 'DE'));
  });

  it('where there is no database, without a country', () => {
    expect(who('open', { address: '203.0.113.7' }, {})).toEqual(nobody);
  });

  it('for a whole prefix, without a country when the prefix is in several', () => {
    const answer = (service: string, address: string) => {
      const { prefix, who } = decide(policy, aWorld(places), { service, source: { address } }, now);
      return [prefix, who.country];
    };
    expect(answer('open', '2001:db8:a::1')).toEqual([64, null]);
    expect(answer('open', '2001:db8:a:0:8000::1')).toEqual([64, null]);
    // A rule that asks for the country has an answer for each address by itself, and so has this.
    expect(answer('german', '2001:db8:a::1')).toEqual([128, 'DE']);
    expect(answer('german', '2001:db8:a:0:8000::1')).toEqual([128, 'FR']);
    // Partly at home.
    expect(answer('open', '2001:db8:aa::1')).toEqual([64, null]);
    expect(answer('open', '2001:db8:aa:0:8000::1')).toEqual([64, null]);
    expect(answer('open', '2001:db8:9::1')).toEqual([64, 'FR']);
  });

  it('for one address alone where the prefix has a device', () => {
    const answer = (address: string) => {
      const { prefix, who } = decide(policy, aWorld(places), { service: 'open', source: { address } }, now);
      return [prefix, who.device];
    };
    expect(answer('2001:db8:c::50')).toEqual([128, 'laptop']);
    expect(answer('2001:db8:c::51')).toEqual([128, null]);
    expect(answer('2001:db8:c:1::50')).toEqual([64, null]);
  });
});

describe('an explanation says whose address it is about', () => {
  it.each<readonly [string, Who]>([
    ['203.0.113.7', of(null, null, 'DE')],
    ['192.168.1.40', of('console', 'leo')],
    ['console', of('console', 'leo')],
    ['7', of('7', 'leo')],
    ['anna', of('console', 'leo')],
  ])('%s', (source, expected) => {
    expect(explain(policy, aWorld(places), { service: 'open', source }, now)).toMatchObject({
      who: expected,
    });
  });
});
