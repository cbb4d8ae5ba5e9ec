// SPDX-License-Identifier: MIT
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';
import { claimPidFile, holderOf, readPid } from './pid-file.ts';

it('lets one process hold a state, and names it to the next', () => {
  const path = join(temporaryDirectory(), 'up.pid');
  const claim = claimPidFile(path);
  expect(claim.taken).toBe(false);
  expect(holderOf(path)).toBe(process.pid);
  expect(claimPidFile(path)).toEqual({ taken: true, pid: process.pid });
  if (!claim.taken) claim.release();
  expect(existsSync(path)).toBe(false);
});

it('takes over what a dead process left', () => {
  const path = join(temporaryDirectory(), 'up.pid');
  writeFileSync(path, '4194303\n');
  const claim = claimPidFile(path);
  expect(claim.taken).toBe(false);
  if (!claim.taken) claim.release();
});

it('does not mistake another process for the holder when the number was given away', () => {
  const path = join(temporaryDirectory(), 'up.pid');
  writeFileSync(path, `${process.ppid}\n`);
  expect(holderOf(path)).toBeUndefined();
});

it.each(['', 'soon', '-5', '0', '1', '1.5'])('reads no pid from "%s"', (text) => {
  const path = join(temporaryDirectory(), 'up.pid');
  writeFileSync(path, text);
  expect(readPid(path)).toBeUndefined();
});
