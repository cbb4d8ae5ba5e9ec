// SPDX-License-Identifier: MIT
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';
import { busUsers, ensureRuntimeDirectory, ensureSecrets, secretFile } from './secrets.ts';

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

it('makes one long password for each user of the bus, readable by root alone', () => {
  const directory = join(temporaryDirectory(), 'secrets');
  const passwords = ensureSecrets(directory);
  expect(Object.keys(passwords).sort()).toEqual([
    'api',
    'hooks',
    'interceptor',
    'policy',
    'stats',
    'tap',
    'wol',
  ]);
  expect(new Set(Object.values(passwords)).size).toBe(7);
  expect(modeOf(directory)).toBe(0o700);
  for (const user of busUsers) {
    const file = secretFile(directory, user);
    expect(readFileSync(file, 'utf8').trim()).toBe(passwords[user]);
    expect(passwords[user]).toMatch(/^[\w-]{32}$/);
    expect(modeOf(file)).toBe(0o600);
  }
  expect(readdirSync(directory).length).toBe(7);
});

it('keeps what is there, and closes what was left open to others', () => {
  const directory = join(temporaryDirectory(), 'secrets');
  const first = ensureSecrets(directory);
  chmodSync(directory, 0o755);
  chmodSync(secretFile(directory, 'policy'), 0o644);
  expect(ensureSecrets(directory)).toEqual(first);
  expect(modeOf(directory)).toBe(0o700);
  expect(modeOf(secretFile(directory, 'policy'))).toBe(0o600);
});

it('does not take an empty file for a password', () => {
  const directory = join(temporaryDirectory(), 'secrets');
  ensureSecrets(directory);
  writeFileSync(secretFile(directory, 'api'), '');
  expect(ensureSecrets(directory).api).toMatch(/^[\w-]{32}$/);
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
