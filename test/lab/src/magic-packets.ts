// SPDX-License-Identifier: MIT
import { type Capture, capturePackets } from './capture.ts';
import type { Host } from './namespace.ts';

/** Where the payload begins in a frame: a bare one (0x0842), UDP over IPv4, UDP over IPv6. */
const payloads = [14, 42, 62] as const;

/**
 * Captures the magic packets on the wire of an interface, whatever port they go to: those for one host, or those for
 * anybody. They are known by how they begin: six times ff, then the hardware address and again.
 */
export function captureMagicPackets(at: Host, iface: string, sleeping?: Host): Promise<Capture> {
  const mac = sleeping?.on().mac.replaceAll(':', '');
  const isAddress = (from: number): string =>
    mac === undefined
      ? `ether[${from}:4] = ether[${from + 6}:4]`
      : `ether[${from}:4] = 0x${mac.slice(0, 8)} and ether[${from + 4}:2] = 0x${mac.slice(8)}`;
  const matches = payloads.map(
    (from) => `(ether[${from}:4] = 0xffffffff and ether[${from + 4}:2] = 0xffff and ${isAddress(from + 6)})`,
  );
  // A load beyond the end of a frame ends the filter with "no", whatever stands behind an `or`.
  return capturePackets(at, iface, `len >= 116 and (${matches.join(' or ')})`);
}
