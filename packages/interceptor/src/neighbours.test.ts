// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import type { NativeNeighbour } from './native.ts';
import { lookUp, neighbourTable } from './neighbours.ts';
import { network } from './session.fixture.ts';

const [mac, other] = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
const entries: readonly NativeNeighbour[] = [
  { address: '192.0.2.7', mac, interface: 'lan0' },
  { address: '2001:db8::7', mac, interface: 'lan0' },
  { address: 'fe80::1', mac, interface: 'lan0' },
  { address: 'fe80::1', mac: other, interface: 'lan1' },
  { address: 'nonsense', mac, interface: 'lan0' },
];

describe('the neighbours', () => {
  it('are found by address, of both families', () => {
    const find = lookUp(() => neighbourTable(entries));
    expect(find(network('192.0.2.7'))).toEqual({ mac, interface: 'lan0' });
    expect(find(network('2001:db8::7'))).toEqual({ mac, interface: 'lan0' });
    expect(find(network('192.0.2.8'))).toBeUndefined();
  });

  it('are nobody where an address is on several links: it may be either', () => {
    expect(lookUp(() => neighbourTable(entries))(network('fe80::1'))).toBeUndefined();
  });

  it('are read once, and only when somebody is looked for', () => {
    let reads = 0;
    const find = lookUp(() => {
      reads += 1;
      return neighbourTable(entries);
    });
    expect(reads).toBe(0);
    find(network('192.0.2.7'));
    find(network('192.0.2.8'));
    expect(reads).toBe(1);
  });
});
