// SPDX-License-Identifier: MIT
// Everything that is looked at before anything is touched.
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { type Config, formatProblem, readConfig, safeDefaultConfig } from '@nftoggle/config';
import { CommandError, exitCodes } from '../exit-codes.ts';
import { requireNetAdmin } from '../net-admin.ts';
import type { Paths } from '../paths.ts';
import { findAdminAddress } from './admin-address.ts';

/** sizeof(sockaddr_un.sun_path) less the closing zero. */
const longestSocketPath = 107;

export function cannotStart(message: string): CommandError {
  return new CommandError(exitCodes.cannotStart, message);
}

/** @throws CommandError that says what to do */
export function checkMachine(paths: Paths): void {
  requireNetAdmin('up');
  if (networkInterfaces().lo === undefined)
    throw cannotStart(
      'the loopback interface is down here, and the daemons talk over it: run `ip link set lo up` first',
    );
  if (Buffer.byteLength(paths.socket) > longestSocketPath)
    throw cannotStart(
      `the path of the socket is longer than ${longestSocketPath} bytes, which the kernel refuses: choose a shorter --state (${paths.socket})`,
    );
}

/**
 * Writes the safe default where there is no configuration, and says so. A file that exists, or a link that
 * leads nowhere, is somebody's work and never touched.
 */
export function ensureConfig(file: string): string | undefined {
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) return undefined;
  const adminAddress = findAdminAddress();
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, safeDefaultConfig(adminAddress === undefined ? {} : { adminAddress }), {
      flag: 'wx',
    });
  } catch (error) {
    throw cannotStart(
      `there is no configuration, and none could be written (${(error as Error).message}): give one with --config`,
    );
  }
  const admin = adminAddress === undefined ? '' : ` and ${adminAddress}, where you are logged in from`;
  return `there was no configuration: wrote ${file}, which hides SSH from all but your LAN${admin}`;
}

/** @throws CommandError with all that is wrong in the file */
export async function loadConfig(file: string): Promise<{ config: Config; revision: string }> {
  const read = await readConfig(file);
  if (read.ok) return read;
  const count = read.problems.length === 1 ? 'a problem' : `${read.problems.length} problems`;
  const list = read.problems.map((problem) => `  ${formatProblem(problem)}`).join('\n');
  throw cannotStart(`the configuration has ${count}, so nothing was started or changed:\n${list}`);
}
