// SPDX-License-Identifier: MIT
import type { ConntrackFlow } from './native.ts';

interface FlowFacts {
  readonly source?: string;
  readonly sourcePort?: number;
  readonly mark?: number;
  readonly id?: number;
  readonly bytes?: number;
  readonly packets?: number;
  readonly closed?: boolean;
}

/**
 * A connection to SSH of this box with the mark 1, with what a test cares about replaced. It has counters where
 * `bytes` are given, of packets of 100 bytes, all of them towards the source.
 */
export function aConnection({
  source = '203.0.113.7',
  sourcePort = 50_000,
  mark = 1,
  id = sourcePort,
  bytes,
  packets = Math.ceil((bytes ?? 0) / 100),
  closed,
}: FlowFacts = {}): ConntrackFlow {
  const destination = source.includes(':') ? '::1' : '127.0.0.1';
  return {
    protocol: 'tcp',
    original: { source, sourcePort, destination, destinationPort: 22 },
    reply: { source: destination, sourcePort: 22, destination: source, destinationPort: sourcePort },
    mark,
    established: true,
    id,
    ...(bytes === undefined
      ? {}
      : { traffic: { original: { packets: 0, bytes: 0 }, reply: { packets, bytes } } }),
    ...(closed === undefined ? {} : { closed }),
  };
}
