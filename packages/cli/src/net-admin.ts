// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { CommandError, exitCodes } from './exit-codes.ts';

const capNetAdmin = 12n;

/** @throws CommandError when this process may not change the firewall, on behalf of which command it says */
export function requireNetAdmin(command: string): void {
  if (hasNetAdmin(readFileSync('/proc/self/status', 'utf8'))) return;
  throw new CommandError(
    exitCodes.cannotStart,
    `\`${command}\` changes the firewall and needs root (CAP_NET_ADMIN): run it with sudo`,
  );
}

/** Whether /proc/PID/status grants CAP_NET_ADMIN in effect: root in a container may well lack it. */
function hasNetAdmin(status: string): boolean {
  const effective = /^CapEff:\t([0-9a-f]+)$/m.exec(status)?.[1];
  return effective !== undefined && (BigInt(`0x${effective}`) & (1n << capNetAdmin)) !== 0n;
}
