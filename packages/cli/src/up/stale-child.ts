// SPDX-License-Identifier: MIT
import { readFileSync, rmSync } from 'node:fs';
import { pause } from '../pause.ts';
import { readPid } from './pid-file.ts';

const patience = 7_000;

/**
 * Ends the child of a previous life whose pid file is still there, and says which pid that was. Only a process
 * that runs our program for this very state directory is touched; any other number in the file is forgotten.
 */
export async function endStaleChild(
  pidFile: string,
  program: string,
  state: string,
): Promise<number | undefined> {
  const pid = readPid(pidFile);
  const ours = pid !== undefined && isOurs(pid, program, state);
  if (ours) await end(pid, () => isOurs(pid, program, state));
  rmSync(pidFile, { force: true });
  return ours ? pid : undefined;
}

async function end(pid: number, alive: () => boolean): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const deadline = performance.now() + patience;
  while (alive()) {
    if (performance.now() > deadline) process.kill(pid, 'SIGKILL');
    await pause(20);
  }
}

function isOurs(pid: number, program: string, state: string): boolean {
  return (
    readList(`/proc/${pid}/cmdline`).includes(program) &&
    readList(`/proc/${pid}/environ`).includes(`NFTOGGLE_STATE=${state}`)
  );
}

function readList(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\0');
  } catch {
    // No such process, or not ours to look at.
    return [];
  }
}
