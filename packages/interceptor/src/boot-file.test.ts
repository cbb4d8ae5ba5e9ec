// SPDX-License-Identifier: MIT
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually } from '@nftoggle/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BootFile, bootFileOf } from './boot-file.ts';

let state: string;
let path: string;
let said: string[];
let file: BootFile;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'nftoggle-boot-'));
  path = bootFileOf(state);
  said = [];
  const say = (_: unknown, text?: string): void => void said.push(text ?? String(_));
  file = new BootFile(path, { info: say, error: say });
});
afterEach(async () => {
  await file.close();
  rmSync(state, { recursive: true });
});

const settled = async (script: string | null): Promise<void> => {
  file.keep(script);
  await file.close();
};
const modeOf = (place: string): number => statSync(place).mode & 0o7777;

it('writes the script for its owner alone, in a directory of its own', async () => {
  await settled('first');
  expect(readFileSync(path, 'utf8')).toBe('first');
  expect([modeOf(path), modeOf(dirname(path))]).toEqual([0o600, 0o700]);
  expect(readdirSync(dirname(path))).toEqual(['boot.nft']);
});

it('leaves a file alone that says the same, and replaces one that does not', async () => {
  await settled('first');
  const { ino } = statSync(path);
  await settled('first');
  expect(statSync(path).ino).toBe(ino);
  await settled('second');
  expect(statSync(path).ino).not.toBe(ino);
  expect(readFileSync(path, 'utf8')).toBe('second');
});

it('takes the newest of several that come at once', async () => {
  for (const script of ['first', null, 'second', 'third']) file.keep(script);
  await file.close();
  expect(readFileSync(path, 'utf8')).toBe('third');
});

it('removes the file when nothing is to be shut, and is content when there is none', async () => {
  await settled('first');
  await settled(null);
  expect(readdirSync(dirname(path))).toEqual([]);
  const before = said.length;
  await settled(null);
  expect(said).toHaveLength(before);
});

it('closes what others could read or write, and what a life before left half-written', async () => {
  mkdirSync(dirname(path), { mode: 0o777 });
  chmodSync(dirname(path), 0o777);
  writeFileSync(path, 'first', { mode: 0o644 });
  writeFileSync(`${path}.new`, 'half', { mode: 0o666 });
  await settled('first');
  expect([modeOf(path), modeOf(dirname(path))]).toEqual([0o600, 0o700]);
  expect(readdirSync(dirname(path))).toEqual(['boot.nft']);
});

it('replaces a link, and writes nothing where it leads', async () => {
  mkdirSync(dirname(path), { mode: 0o700 });
  writeFileSync(join(state, 'elsewhere'), 'precious', { mode: 0o600 });
  symlinkSync(join(state, 'elsewhere'), path);
  await settled('first');
  expect(readFileSync(join(state, 'elsewhere'), 'utf8')).toBe('precious');
  expect(readFileSync(path, 'utf8')).toBe('first');
});

it('goes on trying while it cannot write, says so once, and writes the newest in the end', async () => {
  writeFileSync(join(state, 'interceptor'), 'in the way');
  file.keep('first');
  await eventually(() => said.length > 0);
  file.keep('second');
  expect(existsSync(path)).toBe(false);
  rmSync(join(state, 'interceptor'));
  await eventually(() => existsSync(path));
  expect(readFileSync(path, 'utf8')).toBe('second');
  expect(said.filter((text) => text.includes('cannot be written'))).toHaveLength(1);
});
