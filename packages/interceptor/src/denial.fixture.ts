// SPDX-License-Identifier: MIT
import { nobody } from '@nftoggle/contracts';
import type { Denial } from './denials.ts';

/** A stranger is refused by SSH, with what a test cares about replaced. */
export function aDenial(changes: Partial<Denial> = {}): Denial {
  return {
    service: 'ssh',
    source: { address: '203.0.113.66' },
    protocol: 'tcp',
    destination: '203.0.113.1',
    destinationPort: 22,
    who: nobody,
    reason: 'no_rule',
    rule: null,
    next_allowed: null,
    enforced: true,
    ...changes,
  };
}
