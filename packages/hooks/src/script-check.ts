// SPDX-License-Identifier: MIT
import type { Stats } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';

const groupWrites = 0o020;
const othersWrite = 0o002;
const sticky = 0o1000;
const anybodyRuns = 0o111;
/** As many as the kernel follows (path_resolution(7)). */
const mostLinks = 40;

/**
 * Whether a program may be run: it is there, it is a program, and nobody but root and its owner can put another one
 * in its place, nor in the place of a link on the way to it. Looked at before each run.
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
  await checkLinks(program);
  await checkDirectory(dirname(path));
}

/** Whoever can write to the directory of a link decides what it leads to. */
async function checkLinks(program: string): Promise<void> {
  let at = '/';
  let rest = namesOf(program);
  for (let links = 0; links <= mostLinks; ) {
    const [name, ...after] = rest;
    if (name === undefined) return;
    const next = join(at, name);
    if ((await lstat(next)).isSymbolicLink()) {
      links += 1;
      await checkDirectory(at);
      const target = await readlink(next);
      if (isAbsolute(target)) at = '/';
      rest = [...namesOf(target), ...after];
    } else {
      at = next;
      rest = after;
    }
  }
  throw new Error(`${program} leads over too many links`);
}

function namesOf(path: string): readonly string[] {
  return path.split('/').filter((name) => name !== '');
}

/** With all above it. It is a real path. */
async function checkDirectory(directory: string): Promise<void> {
  for (let at = directory; ; at = dirname(at)) {
    const stats = await stat(at);
    // In /tmp and its kind nobody can take away what belongs to another, but anybody can add.
    const guarded = at !== directory && (stats.mode & sticky) !== 0;
    if (!guarded) refuseWritable(at, stats);
    if (at === dirname(at)) return;
  }
}

/** A group of root's own has no other members worth the name. */
function refuseWritable(path: string, { mode, gid }: Stats): void {
  const who = (mode & othersWrite) !== 0 ? 'anybody' : 'its group';
  if ((mode & othersWrite) === 0 && ((mode & groupWrites) === 0 || gid === 0)) return;
  throw new Error(`${path} can be changed by ${who}: chmod go-w ${path}`);
}
