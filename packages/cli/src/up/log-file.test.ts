// SPDX-License-Identifier: MIT
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';
import { LogFile } from './log-file.ts';

it('appends to what is there, for root alone', () => {
  const path = join(temporaryDirectory(), 'policy.log');
  for (const text of ['first life', 'second life']) {
    const log = new LogFile(path);
    log.append(text);
    log.close();
  }
  expect(readFileSync(path, 'utf8')).toBe('first life\nsecond life\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('puts a full file aside, and keeps one such', () => {
  const path = join(temporaryDirectory(), 'policy.log');
  const log = new LogFile(path, 20);
  for (const text of ['0123456789', 'abcdef', 'ABCDEF', 'new 0123456789']) log.append(text);
  log.close();
  expect(readFileSync(path, 'utf8')).toBe('new 0123456789\n');
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('ABCDEF\n');
  expect(existsSync(`${path}.2`)).toBe(false);
});

it('counts what an earlier life wrote', () => {
  const path = join(temporaryDirectory(), 'policy.log');
  for (const text of ['0123456789', '0123456789']) {
    const log = new LogFile(path, 16);
    log.append(text);
    log.append('x');
    log.close();
  }
  expect(existsSync(`${path}.1`)).toBe(true);
});

it('does not throw where nothing can be written', () => {
  const log = new LogFile(join(temporaryDirectory(), 'missing', 'policy.log'));
  expect(() => log.append('lost')).not.toThrow();
});
