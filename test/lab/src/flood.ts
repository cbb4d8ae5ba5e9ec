// SPDX-License-Identifier: MIT
import type { Family, Host } from './namespace.ts';
import { programPath } from './program.ts';

export interface FloodOptions {
  readonly target: { readonly ipv4: string; readonly ipv6: string };
  /** TCP ports, one of them by chance for each packet. */
  readonly ports: readonly number[];
  readonly perSecond: number;
  readonly seconds: number;
  /** The same seed brings the same packets. Default: 1. */
  readonly seed?: number;
}

/**
 * SYNs from random addresses of the whole Internet, private ones of it among them, both families by turns; none
 * from an address of the lab's WAN. Resolves with how many were sent.
 */
export async function floodWithSyns(from: Host, options: FloodOptions): Promise<Record<Family, number>> {
  const { target, ports, perSecond, seconds, seed = 1 } = options;
  const where = ['-4', target.ipv4, '-6', target.ipv6, '-p', ports.join(',')];
  const much = ['-r', perSecond, '-t', seconds, '-s', seed].map(String);
  const argv = [await programPath('flood'), ...where, ...much];
  const { stdout } = await from.run(argv, { timeoutMs: seconds * 1_000 + 30_000 });
  return JSON.parse(stdout) as Record<Family, number>;
}
