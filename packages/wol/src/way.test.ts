// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { aHost, local, network } from './waker.fixture.ts';
import { broadcastAddress, wayTo } from './way.ts';

const lan = local('eth0', '192.168.1.1/24');
const lan6 = local('eth0', 'fd00:1::1/64');
const link = local('eth0', 'fe80::1/64');
const wan = local('wan', '203.0.113.1/24');
const lo = local('lo', '127.0.0.1/8');

const lines = (...of: Parameters<typeof wayTo>): string[] =>
  wayTo(...of).destinations.map(({ kind, to, interface: by, from }) => `${kind} ${to} ${by} ${from}`);

describe('the way of magic packets', () => {
  it('is by the interface in whose network the device is: subnet, limited, and the device itself', () => {
    expect(lines(aHost(), null, [lo, wan, lan, lan6])).toEqual([
      'subnet 192.168.1.255 eth0 192.168.1.1',
      'limited 255.255.255.255 eth0 192.168.1.1',
      'unicast 192.168.1.20 null null',
    ]);
    expect(wayTo(aHost(), null, [lo, wan, lan]).problem).toBeNull();
  });

  it('is all-nodes multicast and the device itself for IPv6', () => {
    expect(lines(aHost({ addresses: ['fd00:1::20'] }), null, [lan, lan6, link])).toEqual([
      'multicast ff02::1%eth0 eth0 null',
      'unicast fd00:1::20 null null',
    ]);
  });

  it('names the link of a link-local address, and asks for its multicast once', () => {
    expect(lines(aHost({ addresses: ['fe80::20', 'fd00:1::20'] }), null, [lan6, link])).toEqual([
      'multicast ff02::1%eth0 eth0 null',
      'unicast fe80::20%eth0 eth0 null',
      'unicast fd00:1::20 null null',
    ]);
  });

  it('counts the address that is asked for, beside those of the configuration', () => {
    expect(lines(aHost({ addresses: [] }), '192.168.1.77', [lan])).toContain(
      'unicast 192.168.1.77 null null',
    );
    expect(wayTo(aHost({ addresses: [] }), 'fe80::5%eth0', [link]).paths).toEqual([link]);
  });

  it('is by every interface when the device is in no network of ours, and says what is wrong', () => {
    const way = wayTo(aHost({ addresses: ['192.168.7.20'] }), null, [lo, lan, wan, lan6]);
    expect(way.destinations.map(({ to, interface: by }) => `${to} ${by}`)).toEqual([
      '255.255.255.255 eth0',
      '255.255.255.255 wan',
      'ff02::1%eth0 eth0',
      '192.168.7.20 null',
    ]);
    expect(way.problem).toBe(
      'no network of this host contains 192.168.7.20: is wol on the host network, and the device in its network?',
    );
  });

  it('is by the configured interface alone, whatever network it has', () => {
    expect(lines(aHost({ wake: { interface: 'wan' } }), null, [lan, wan])).toEqual([
      'subnet 203.0.113.255 wan 203.0.113.1',
      'limited 255.255.255.255 wan 203.0.113.1',
      'unicast 192.168.1.20 null null',
    ]);
    const missing = wayTo(aHost({ wake: { interface: 'eth7' } }), null, [lan]);
    expect(missing.problem).toBe('this host has no interface eth7 with an address');
    expect(missing.destinations.map(({ to }) => to)).toEqual(['192.168.1.20']);
  });

  it('is to the configured broadcast address too, which a router may direct', () => {
    const there = aHost({ addresses: ['192.168.7.20'], wake: { broadcast: network('192.168.7.255') } });
    const way = wayTo(there, null, [lan]);
    expect(way.destinations.map(({ to }) => to)).toContain('192.168.7.255');
    expect(way.problem).toBeNull();
    const group = aHost({ addresses: [], wake: { broadcast: network('ff02::5') } });
    expect(lines(group, null, [lan6, link])).toContain('configured ff02::5%eth0 eth0 null');
    const prefix = aHost({ wake: { broadcast: network('10.0.0.0/8') } });
    expect(lines(prefix, null, [lan])).toContain('configured 10.255.255.255 null null');
  });

  it('sends nothing twice', () => {
    const second = local('eth0', '192.168.1.2/24');
    const tos = wayTo(aHost(), null, [lan, second]).destinations.map(({ to }) => to);
    expect(tos).toEqual(['192.168.1.255', '255.255.255.255', '192.168.1.20']);
  });
});

describe('broadcastAddress', () => {
  it.each([
    ['192.168.1.0/24', '192.168.1.255'],
    ['10.1.2.0/23', '10.1.3.255'],
    ['172.16.0.0/12', '172.31.255.255'],
    ['192.0.2.4/30', '192.0.2.7'],
    ['192.0.2.4/31', null],
    ['192.0.2.4', null],
    ['fd00::/64', null],
  ])('of %s is %s', (text, broadcast) => {
    expect(broadcastAddress(network(text))).toBe(broadcast);
  });
});
