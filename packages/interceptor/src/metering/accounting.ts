// SPDX-License-Identifier: MIT
// What conntrack does not tell by itself. Without accounting it counts no bytes, and nobody can tell play from an idle
// connection; without events we learn of the end of a connection by the next look at all of them only.
//
// Both settings are of a network namespace. Neither is switched off again at the stop: others may have come to rely on
// it meanwhile, connections go on without us and are of interest to our next life, and those that began while it is off
// are never counted and never told of. It costs next to nothing.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InterceptorStatus } from '@nftoggle/contracts';

export interface ConntrackSettings {
  readonly accounting: string;
  readonly events: string;
}

/** The files of both settings, below the directory where the kernel shows those of the network. */
export function conntrackSettings(net = '/proc/sys/net'): ConntrackSettings {
  const directory = join(net, 'netfilter');
  return {
    accounting: join(directory, 'nf_conntrack_acct'),
    events: join(directory, 'nf_conntrack_events'),
  };
}

/**
 * Switches `net.netfilter.nf_conntrack_acct` on where it is off.
 * @returns why it cannot be done (`/proc/sys` is read-only in many containers); null when traffic is counted
 */
export function switchOnAccounting(file = conntrackSettings().accounting): string | null {
  return switchOn(file);
}

/**
 * Switches `net.netfilter.nf_conntrack_events` on where it is off (0), and where it is on while somebody listens only
 * (2, the default since Linux 5.19): a connection that begins while we are away would have no event at its end either,
 * though we are back by then.
 * @returns why it cannot be done; null when each connection that begins from now on is told of
 */
export function switchOnEvents(file = conntrackSettings().events): string | null {
  return switchOn(file);
}

function switchOn(file: string): string | null {
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
