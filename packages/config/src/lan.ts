// SPDX-License-Identifier: MIT
import { type Network, parseNetwork } from './network.ts';

/**
 * What `lan` means everywhere: private (RFC 1918, RFC 4193) and link-local ranges.
 * Loopback is not here, because its traffic never reaches the gate.
 */
export const lanRanges: readonly Network[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
].flatMap((text) => parseNetwork(text) ?? []);
