// SPDX-License-Identifier: MIT
// Who holds a state directory. A number in a file proves nothing: the process may be gone and its number
// given to another. So each claim is checked against what the kernel knows of the process.
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeSync,
} from 'node:fs';

export type Claim =
  | { readonly taken: false; readonly release: () => void }
  | { readonly taken: true; readonly pid: number };

/** Makes this process the holder of the file, for as long as it keeps it open. */
export function claimPidFile(path: string): Claim {
  const pid = holderOf(path);
  if (pid !== undefined) return { taken: true, pid };
  rmSync(path, { force: true });
  // Exclusive: of two that start at once, one fails here.
  const descriptor = openSync(path, 'wx', 0o600);
  writeSync(descriptor, `${process.pid}\n`);
  const release = (): void => {
    rmSync(path, { force: true });
    closeSync(descriptor);
  };
  return { taken: false, release };
}

/** The living process that holds the file open, or undefined: only the one that wrote it does. */
export function holderOf(path: string): number | undefined {
  const pid = readPid(path);
  return pid !== undefined && hasOpen(pid, path) ? pid : undefined;
}

/** The pid in a file, or undefined when there is none in it. */
export function readPid(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function hasOpen(pid: number, path: string): boolean {
  try {
    const wanted = realpathSync(path);
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((name) => linkTarget(`${folder}/${name}`) === wanted);
  } catch {
    // Gone, or not ours to look at: in both cases not ours.
    return false;
  }
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    // Descriptors come and go while we look.
    return undefined;
  }
}
