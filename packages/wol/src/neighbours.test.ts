// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { NeighbourLife } from './neighbour-life.ts';
import { type Neighbour, parseIpNeigh, parseProcArp } from './neighbours.ts';

describe('the output of ip -j neigh', () => {
  it('tells who answers for an address, and how certain that is', () => {
    const text = `[
      {"dst":"192.168.1.20","dev":"eth0","lladdr":"00:11:32:AA:bb:cc","used":1,"confirmed":3,"updated":9,"probes":1,"state":["REACHABLE"]},
      {"dst":"192.168.1.21","dev":"eth0","lladdr":"00:11:32:aa:bb:cd","confirmed":61,"state":["PROBE"]},
      {"dst":"192.168.1.22","dev":"eth0","refcnt":1,"used":1,"confirmed":61,"state":["INCOMPLETE"]},
      {"dst":"fd00::1","dev":"eth0","used":4,"confirmed":64,"state":["FAILED"]},
      {"dst":"ff02::1","dev":"eth0","lladdr":"33:33:00:00:00:01","state":["NOARP"]}]`;
    expect(parseIpNeigh(text).map(({ mac, state }) => [mac, state])).toEqual([
      ['00:11:32:aa:bb:cc', 'reachable'],
      ['00:11:32:aa:bb:cd', 'stale'],
      [null, 'asking'],
      [null, 'failed'],
      ['33:33:00:00:00:01', 'known'],
    ]);
    expect(parseIpNeigh('')).toEqual([]);
  });
});

describe('/proc/net/arp', () => {
  it('tells no more than whether somebody has answered', () => {
    const text = `IP address       HW type     Flags       HW address            Mask     Device
10.9.9.7         0x1         0x0         00:00:00:00:00:00     *        e0
192.168.1.20     0x1         0x2         00:11:32:aa:bb:cc     *        eth0
`;
    expect(parseProcArp(text)).toEqual([
      { address: '10.9.9.7', interface: 'e0', mac: null, state: 'failed' },
      {
        address: '192.168.1.20',
        interface: 'eth0',
        mac: '00:11:32:aa:bb:cc',
        state: 'known',
      },
    ]);
    expect(parseProcArp('')).toEqual([]);
  });
});

describe('a neighbour as a sign of life', () => {
  const mac = '00:11:32:aa:bb:cc';
  const is = (state: Neighbour['state']): Neighbour => {
    const hasMac = state !== 'asking' && state !== 'failed';
    return { address: '192.168.1.20', interface: 'eth0', mac: hasMac ? mac : null, state };
  };
  const looks = (...seen: readonly (Neighbour | null)[]): boolean[] => {
    const life = new NeighbourLife([mac]);
    return seen.map((neighbour) => life.look(neighbour));
  };

  it('is one once it answers', () => {
    expect(looks(null, is('asking'), is('reachable'))).toEqual([false, false, true]);
    expect(looks(is('stale'), is('stale'), is('reachable'))).toEqual([false, false, true]);
    // Where the kernel tells no more than that, or heard of it by chance.
    expect(looks(is('failed'), is('known'))).toEqual([false, true]);
    expect(looks(is('asking'), is('stale'))).toEqual([false, true]);
  });

  it('is none by an old entry, or by another card', () => {
    expect(looks(is('stale'), is('stale'))).toEqual([false, false]);
    expect(looks(null, is('known'))).toEqual([false, false]);
    expect(new NeighbourLife(['00:11:32:00:00:00']).look(is('reachable'))).toBe(false);
    expect(new NeighbourLife([]).look(is('reachable'))).toBe(true);
  });
});
