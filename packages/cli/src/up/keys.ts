// SPDX-License-Identifier: MIT
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type BusUser, busUsers, newSeed, publicKeyOf } from '@nftoggle/bus';
import { ensurePrivateDirectory, writePrivately } from './private-files.ts';

/** With the secret half of its key; its owner alone may read it. */
export function seedFile(directory: string, user: BusUser): string {
  return join(directory, `${user}.seed`);
}

export interface KeyOptions {
  /** The uid as which a user of the bus runs. Without it all seeds are for who calls this. */
  readonly ownerOf?: (user: BusUser) => number;
}

/**
 * A key for each user of the bus, made once; returns the public halves, for the server. May be called again at any time,
 * and after a crash at any point.
 * @throws Error naming the file that cannot be read or written, or holds something else
 */
export function ensureKeys(
  directory: string,
  { ownerOf }: KeyOptions = {},
): Readonly<Record<BusUser, string>> {
  ensurePrivateDirectory(directory, ownerOf === undefined ? 0o700 : 0o711);
  const entries = busUsers.map((user) => [user, ensureKey(seedFile(directory, user), ownerOf?.(user))]);
  // Of an installation whose users had passwords.
  for (const user of busUsers) rmSync(join(directory, `${user}.password`), { force: true });
  return Object.fromEntries(entries) as Record<BusUser, string>;
}

function ensureKey(file: string, uid: number | undefined): string {
  const known = readSeed(file);
  const seed = known ?? newSeed();
  const key = publicKeyIn(file, seed);
  if (known === undefined || !isPrivate(file, uid)) writePrivately(file, `${seed}\n`, { mode: 0o400, uid });
  return key;
}

function publicKeyIn(file: string, seed: string): string {
  try {
    return publicKeyOf(seed);
  } catch (cause) {
    const remedy = 'remove it, and a new one is made';
    throw new Error(`${file}: ${(cause as Error).message}: ${remedy}`, { cause });
  }
}

/** An empty file is what a crash or a full disk leaves of a seed: it counts as none. */
function readSeed(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return text === '' ? undefined : text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isPrivate(file: string, uid: number | undefined): boolean {
  const { mode, uid: owner } = statSync(file);
  return (mode & 0o777) === 0o400 && (uid === undefined || owner === uid);
}
