// SPDX-License-Identifier: MIT
import { StartError } from '@nftoggle/daemon';
import Database from 'better-sqlite3';

/** How long a start waits for a process that is just ending, in milliseconds. */
const patience = 3_000;

/** Held until it is released, or its process is gone. */
export interface WriterLock {
  release(): void;
}

/**
 * Makes this process the only writer of `file`. The lock is an open transaction on a file beside it, which holds
 * nothing: the kernel takes it back when the process dies, however it dies, and readers of the database do not meet it.
 * @throws StartError when another process has it
 */
export function lockWriter(file: string, wait = patience): WriterLock {
  const lock = new Database(`${file}.lock`, { timeout: wait });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new StartError(`another stats daemon writes to ${file}: there can be only one`, { cause });
  }
  return { release: () => lock.close() };
}
