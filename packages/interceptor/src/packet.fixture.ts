// SPDX-License-Identifier: MIT
import type { FlowPacket } from './questions.ts';

/** A SYN from a stranger to SSH, which is the service with index 1, with what a test cares about replaced. */
export function aPacket(changes: Partial<FlowPacket> = {}): FlowPacket {
  return {
    id: 1,
    mark: 0x0010_0000,
    interface: 'wan0',
    protocol: 'tcp',
    source: '203.0.113.66',
    destination: '203.0.113.1',
    sourcePort: 50_000,
    destinationPort: 22,
    sequence: 1_000,
    ...changes,
  };
}
