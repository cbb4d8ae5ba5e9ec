// SPDX-License-Identifier: MIT
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { daemons } from '@nftoggle/bus';
import type { Daemon } from '@nftoggle/contracts';

export type BusUser = Daemon | 'tap';
export const busUsers: readonly BusUser[] = [...daemons, 'tap'];

export function secretFile(directory: string, user: BusUser): string {
  return join(directory, `${user}.password`);
}

/** The NATS passwords, made once: only root can read them. */
export function ensureSecrets(directory: string): Readonly<Record<BusUser, string>> {
  ensurePrivateDirectory(directory);
  const entries = busUsers.map((user) => [user, ensureSecret(secretFile(directory, user))]);
  return Object.fromEntries(entries) as Record<BusUser, string>;
}

/** Made if it is not there, and closed to others if it is. */
export function ensurePrivateDirectory(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  return directory;
}

/**
 * Made for its owner alone. One that is there may be open to a group, which then may use the socket in it; but nobody
 * else may put anything there that a daemon would believe.
 */
export function ensureRuntimeDirectory(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, statSync(directory).mode & 0o755);
  return directory;
}

function ensureSecret(file: string): string {
  const known = readSecret(file);
  if (known !== undefined) {
    chmodSync(file, 0o600);
    return known;
  }
  const secret = randomBytes(24).toString('base64url');
  writePrivately(file, `${secret}\n`);
  return secret;
}

/** An empty file is what a crash or a full disk leaves of a secret: it counts as none. */
function readSecret(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return text === '' ? undefined : text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all, and never readable by others, not even for a moment. */
export function writePrivately(file: string, text: string): void {
  const draft = `${file}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}
