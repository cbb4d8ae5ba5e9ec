// SPDX-License-Identifier: MIT
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** Made if it is not there, and closed to others if it is; `mode` may let them through it. */
export function ensurePrivateDirectory(directory: string, mode = 0o700): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, mode);
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

export interface PrivateFile {
  readonly mode?: number;
  /** Of who may read it, when that is somebody else than who writes it. */
  readonly uid?: number | undefined;
}

/** Whole or not at all, on the disk when it is there, and never readable by others, not even for a moment. */
export function writePrivately(file: string, text: string, { mode = 0o600, uid }: PrivateFile = {}): void {
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode, flag: 'wx', flush: true });
  // The group stays.
  if (uid !== undefined) chownSync(draft, uid, -1);
  renameSync(draft, file);
}
