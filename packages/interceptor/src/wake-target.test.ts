// SPDX-License-Identifier: MIT
import { aConfig, aFlow } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { deviceToWake, longestWake, wakeableDevices, wakesAny, wakeTarget } from './wake-target.ts';

const config = aConfig(`version: 1
devices:
  nas: { mac: "00:11:32:aa:bb:cc", address: [192.168.1.20, "fd00:1::20", "fd00:1::21"], wake: { timeout: 30s } }
  attic: { mac: "00:11:32:aa:bb:cd", address: 192.168.1.30, wake: { timeout: 2m } }
  old-box: { address: 192.168.1.66 }
services:
  files: { ports: [445/tcp], to: [nas, old-box, attic], allow: [any] }
  web: { ports: [80/tcp], to: nas, forward: true, allow: [any] }
  quiet: { ports: [81/tcp], to: nas, wake: false, allow: [any] }
  dull: { ports: [82/tcp], to: old-box, allow: [any] }
  ssh: { ports: [22/tcp], allow: [any] }
`);

describe('deviceToWake', () => {
  it.each([
    ['files', '192.168.1.20', 'nas'],
    ['files', 'fd00:1:0::21', 'nas'],
    ['files', '192.168.1.30', 'attic'],
    ['files', '192.168.1.66', null],
    ['web', '203.0.113.1', 'nas'],
    ['quiet', '192.168.1.20', null],
    ['dull', '192.168.1.66', null],
    ['ssh', '203.0.113.1', null],
    ['gone', '203.0.113.1', null],
  ])('of %s to %s is %s', (service, destination, device) => {
    expect(deviceToWake(aFlow({ service, destination }), config)).toBe(device);
  });
});

describe('wakesAny', () => {
  it('is true of services that lead to a device that can be woken, unless they say otherwise', () => {
    const waking = [...config.services.values()].filter((service) => wakesAny(service, config));
    expect(waking.map(({ name }) => name)).toEqual(['files', 'web']);
  });
});

describe('wakeTarget', () => {
  const target = (destination: string) =>
    wakeTarget(aFlow({ service: 'web', destination, destinationPort: 80 }), 'nas', config);

  it('is the very address that is asked for', () => {
    expect(target('fd00:1::21')).toEqual({
      device: 'nas',
      port: { protocol: 'tcp', port: 80 },
      address: 'fd00:1::21',
      by: 'web',
    });
  });

  it("is the device's first address of the family where the box's own was asked for", () => {
    expect(target('203.0.113.1').address).toBe('192.168.1.20');
    expect(target('2001:db8:a::1').address).toBe('fd00:1::20');
  });

  it('is no particular address where the device has none of the family', () => {
    const flow = aFlow({ service: 'files', destination: '2001:db8:a::1' });
    expect(wakeTarget(flow, 'attic', config).address).toBe(null);
  });
});

it('knows how many devices can be woken, and how long that may take', () => {
  expect(wakeableDevices(config)).toBe(2);
  expect(longestWake(config)).toBe(120_000);
  expect(longestWake(aConfig('version: 1\nservices: {}\n'))).toBe(0);
});
