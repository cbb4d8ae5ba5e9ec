// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { StartError } from '@nftoggle/daemon';

/** Bit number of CAP_NET_ADMIN (linux/capability.h). */
const capNetAdmin = 12n;

/** @throws StartError when this process may not change the firewall of its network namespace */
export function requireNetAdmin(): void {
  const [, effective = '0'] =
    /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  if ((BigInt(`0x${effective}`) >> capNetAdmin) & 1n) return;
  throw new StartError(
    'the interceptor may not change the firewall: run it as root, or give it the capability CAP_NET_ADMIN',
  );
}
