// SPDX-License-Identifier: MIT
import { chmodSync, chownSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BusUser, busUsers, publicKeyOf } from '@nftoggle/bus';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';
import { ensureKeys, seedFile } from './keys.ts';

const ownerOf = (user: BusUser): number => 990 + busUsers.indexOf(user);

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

function seedOf(directory: string, user: BusUser): string {
  return readFileSync(seedFile(directory, user), 'utf8').trim();
}

it('makes a key for each user of the bus, whose seed its owner alone can read', () => {
  const directory = join(temporaryDirectory(), 'secrets');
  const keys = ensureKeys(directory);
  expect(Object.keys(keys).sort()).toEqual(['api', 'hooks', 'interceptor', 'policy', 'stats', 'tap', 'wol']);
  expect(new Set(Object.values(keys)).size).toBe(7);
  expect(modeOf(directory)).toBe(0o700);
  for (const user of busUsers) {
    expect(publicKeyOf(seedOf(directory, user))).toBe(keys[user]);
    expect(modeOf(seedFile(directory, user))).toBe(0o400);
    expect(statSync(seedFile(directory, user)).uid).toBe(process.getuid?.());
  }
  expect(readdirSync(directory).toSorted()).toEqual(busUsers.map((user) => `${user}.seed`).toSorted());
});

it('gives each seed to the one who runs as that user, and lets all through to their own', () => {
  const directory = join(temporaryDirectory(), 'keys');
  const keys = ensureKeys(directory, { ownerOf });
  expect(modeOf(directory)).toBe(0o711);
  expect(statSync(directory).uid).toBe(process.getuid?.());
  for (const user of busUsers) {
    expect(statSync(seedFile(directory, user)).uid).toBe(ownerOf(user));
    expect(modeOf(seedFile(directory, user))).toBe(0o400);
  }
  expect(ensureKeys(directory, { ownerOf })).toEqual(keys);
});

it('keeps what is there, and closes what was left open to others', () => {
  const directory = join(temporaryDirectory(), 'keys');
  const first = ensureKeys(directory, { ownerOf });
  const untouched = statSync(seedFile(directory, 'wol')).ino;
  chmodSync(directory, 0o777);
  chmodSync(seedFile(directory, 'policy'), 0o644);
  chownSync(seedFile(directory, 'api'), ownerOf('hooks'), 0);
  expect(ensureKeys(directory, { ownerOf })).toEqual(first);
  expect(modeOf(directory)).toBe(0o711);
  expect(modeOf(seedFile(directory, 'policy'))).toBe(0o400);
  expect(statSync(seedFile(directory, 'api')).uid).toBe(ownerOf('api'));
  expect(statSync(seedFile(directory, 'wol')).ino).toBe(untouched);
});

it('makes a new key where there is an empty file, or none any more', () => {
  const directory = join(temporaryDirectory(), 'secrets');
  const { api, ...others } = ensureKeys(directory);
  chmodSync(seedFile(directory, 'api'), 0o600);
  writeFileSync(seedFile(directory, 'api'), '\n');
  const { api: fresh, ...kept } = ensureKeys(directory);
  expect(kept).toEqual(others);
  expect(fresh).not.toBe(api);
  expect(publicKeyOf(seedOf(directory, 'api'))).toBe(fresh);
});

it('takes nothing else for a seed, and says which file it is and what to do', () => {
  const directory = join(temporaryDirectory(), 'secrets');
  ensureKeys(directory);
  const file = seedFile(directory, 'api');
  chmodSync(file, 0o600);
  writeFileSync(file, 'guess');
  expect(() => ensureKeys(directory)).toThrow(
    `${file}: this is not the seed of a NATS user, \`SU\` and 56 more characters: remove it, and a new one is made`,
  );
  expect(readFileSync(file, 'utf8')).toBe('guess');
});

it('removes the passwords of an earlier version, and nothing else', () => {
  const directory = temporaryDirectory();
  for (const user of busUsers) writeFileSync(join(directory, `${user}.password`), 'secret\n');
  writeFileSync(join(directory, 'mine.password'), 'secret\n');
  ensureKeys(directory);
  expect(readdirSync(directory).filter((name) => !name.endsWith('.seed'))).toEqual(['mine.password']);
});
