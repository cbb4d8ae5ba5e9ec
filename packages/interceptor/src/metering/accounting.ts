// SPDX-License-Identifier: MIT
// Without accounting conntrack counts no bytes, and nobody can tell play from an idle connection.
import { readFileSync, writeFileSync } from 'node:fs';
import type { InterceptorStatus } from '@nftoggle/contracts';

const accountingFile = '/proc/sys/net/netfilter/nf_conntrack_acct';

/**
 * Switches `net.netfilter.nf_conntrack_acct` on where it is off. It is not switched off again at the stop: others
 * may have come to rely on it meanwhile, connections go on without us and are measured by our next life, and those
 * that began while it is off are never counted. Counting costs next to nothing.
 * @returns why it cannot be done (`/proc/sys` is read-only in many containers); null when traffic is counted
 */
export function switchOnAccounting(file = accountingFile): string | null {
  try {
    if (readFileSync(file, 'utf8').trim() === '1') return null;
    writeFileSync(file, '1');
    return readFileSync(file, 'utf8').trim() === '1' ? null : `${file} stays off`;
  } catch (error) {
    return (error as Error).message;
  }
}

export function meteringMode(problem: string | null): InterceptorStatus['metering'] {
  return problem === null ? 'traffic' : 'time';
}
