// SPDX-License-Identifier: MIT
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';
import { ensurePrivateDirectory, ensureRuntimeDirectory, writePrivately } from './private-files.ts';

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

it('closes a directory that was open to others', () => {
  const directory = join(temporaryDirectory(), 'secrets');
  ensurePrivateDirectory(directory);
  expect(modeOf(directory)).toBe(0o700);
  chmodSync(directory, 0o777);
  ensurePrivateDirectory(directory);
  expect(modeOf(directory)).toBe(0o700);
});

it('makes the directory of what daemons keep for its owner, and leaves it to a group to look into it', () => {
  const directory = join(temporaryDirectory(), 'run');
  ensureRuntimeDirectory(directory);
  expect(modeOf(directory)).toBe(0o700);
  for (const [before, after] of [
    [0o750, 0o750],
    [0o770, 0o750],
    [0o777, 0o755],
  ] as const) {
    chmodSync(directory, before);
    ensureRuntimeDirectory(directory);
    expect(modeOf(directory)).toBe(after);
  }
});

it('writes a file for one owner, in the place of whatever was there', () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'seed');
  writeFileSync(file, 'older', { mode: 0o644 });
  writePrivately(file, 'one');
  expect(modeOf(file)).toBe(0o600);
  writePrivately(file, 'two', { mode: 0o400, uid: 12_345 });
  expect(readFileSync(file, 'utf8')).toBe('two');
  expect(statSync(file)).toMatchObject({ uid: 12_345, gid: process.getgid?.() });
  expect(modeOf(file)).toBe(0o400);
});

it('goes on where a crash left a draft, and writes through no link', () => {
  const directory = temporaryDirectory();
  const [file, draft, elsewhere] = ['seed', 'seed.new', 'elsewhere'].map((name) => join(directory, name));
  writeFileSync(elsewhere ?? '', 'untouched');
  symlinkSync(elsewhere ?? '', draft ?? '');
  writePrivately(file ?? '', 'one');
  expect(readFileSync(elsewhere ?? '', 'utf8')).toBe('untouched');
  expect(readFileSync(file ?? '', 'utf8')).toBe('one');
  expect(readdirSync(directory).toSorted()).toEqual(['elsewhere', 'seed']);
});
