// SPDX-License-Identifier: MIT
import { aConfig } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { forwardingProblems } from './forwarding-problems.ts';

const config = (address: string, more = '') =>
  aConfig(`version: 1
${more}
devices: { nas: { address: ${address} } }
services: { web: { ports: [80/tcp], to: nas, forward: true, allow: [any] } }
`);
const both = config('[192.168.1.20, "fd00:1::20"]');
const off = () => '0\n';

describe('forwardingProblems', () => {
  it('names the switch that is off, and what that keeps from working', () => {
    expect(forwardingProblems(both, off)).toEqual([
      expect.stringMatching(/^IPv4 .* web .*`sysctl -w net\.ipv4\.ip_forward=1`/),
      expect.stringMatching(/^IPv6 .* web .*`sysctl -w net\.ipv6\.conf\.all\.forwarding=1`/),
    ]);
  });

  it('has nothing to say where the kernel forwards, or where nothing is known', () => {
    expect(forwardingProblems(both, () => '1\n')).toEqual([]);
    const unreadable = () => {
      throw new Error('ENOENT');
    };
    expect(forwardingProblems(both, unreadable)).toEqual([]);
  });

  it('minds the families that the device has', () => {
    expect(forwardingProblems(config('192.168.1.20'), off)).toHaveLength(1);
  });

  it('minds services that forward alone, and not in mode watch, which forwards nothing', () => {
    const direct = aConfig(
      'version: 1\ndevices: { nas: { address: 192.168.1.20 } }\nservices: { web: { ports: [80/tcp], to: nas } }\n',
    );
    expect(forwardingProblems(direct, off)).toEqual([]);
    expect(forwardingProblems(config('192.168.1.20', 'mode: watch'), off)).toEqual([]);
  });
});
