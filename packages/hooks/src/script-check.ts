// SPDX-License-Identifier: MIT
import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const groupWrites = 0o020;
const othersWrite = 0o002;
const sticky = 0o1000;
const anybodyRuns = 0o111;

/**
 * Whether a program may be run: it is there, it is a program, and nobody but root and its owner can put another one
 * in its place. Looked at before each run.
 * @throws Error that says what is wrong with which file or directory, and what would be right
 */
export async function checkProgram(program: string): Promise<void> {
  const path = await realpath(program).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `there is no ${program}` : `${program}: ${error.message}`);
  });
  const file = await stat(path);
  if (!file.isFile()) throw new Error(`${path} is not a program`);
  if ((file.mode & anybodyRuns) === 0) throw new Error(`${path} is not executable: chmod +x ${path}`);
  refuseWritable(path, file);
  for (let at = dirname(path), nearest = true; ; at = dirname(at), nearest = false) {
    const directory = await stat(at);
    // In /tmp and its kind nobody can take away what belongs to another, but anybody can add.
    const guarded = !nearest && (directory.mode & sticky) !== 0;
    if (!guarded) refuseWritable(at, directory);
    if (at === dirname(at)) return;
  }
}

/** A group of root's own has no other members worth the name. */
function refuseWritable(path: string, { mode, gid }: Stats): void {
  const who = (mode & othersWrite) !== 0 ? 'anybody' : 'its group';
  if ((mode & othersWrite) === 0 && ((mode & groupWrites) === 0 || gid === 0)) return;
  throw new Error(`${path} can be changed by ${who}: chmod go-w ${path}`);
}
