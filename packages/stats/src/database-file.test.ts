// SPDX-License-Identifier: MIT

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noteDamage } from './database-file.ts';
import { aDenial, openRoom, type Room } from './stats.fixture.ts';

let room: Room;
let damages: string[];
beforeEach(() => {
  room = openRoom();
  damages = [];
});
afterEach(() => room.close());

const open = () => room.open({ onDamage: (aside, problem) => damages.push(`${aside}: ${problem}`) });

describe('the file', () => {
  it('is written so that a commit is on disk when it returns', () => {
    open();
    const reader = new Database(room.file, { readonly: true });
    expect(reader.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(reader.pragma('auto_vacuum', { simple: true })).toBe(2);
    reader.close();
    expect(readFileSync(new URL('./database-file.ts', import.meta.url), 'utf8')).toContain(
      "'synchronous = FULL'",
    );
  });

  it('is for one writer: another in this process or elsewhere is refused, and let in when the first is gone', async () => {
    const store = open();
    expect(() => open()).toThrow(`another stats daemon writes to ${room.file}`);
    const script = `
      import { openDatabaseFile } from ${JSON.stringify(new URL('./database-file.ts', import.meta.url).href)};
      try {
        openDatabaseFile(${JSON.stringify(room.file)}, { patience: 0, onDamage: () => {} });
        console.log('open');
        process.stdin.resume();
      } catch (error) {
        console.log(error.message);
      }`;
    const start = () => spawn(process.execPath, ['--input-type=module', '--eval', script]);
    const refused = start();
    const [text] = await once(refused.stdout, 'data');
    expect(String(text)).toContain('another stats daemon writes');
    store.close();

    const holder = start();
    const [opened] = await once(holder.stdout, 'data');
    expect(String(opened)).toContain('open');
    expect(() => open()).toThrow('another stats daemon');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(open().store([aDenial()])).toMatchObject({ stored: 1 });
    expect(damages).toEqual([]);
  });

  it('that holds no database is set aside, and a new one begun', () => {
    mkdirSync(dirname(room.file), { recursive: true });
    writeFileSync(room.file, 'nothing of SQLite'.repeat(1_000));
    const store = open();
    expect(damages).toEqual([
      expect.stringMatching(/stats\.db\.damaged-\d{8}T\d{6}Z: file is not a database/),
    ]);
    expect(store.store([aDenial()])).toMatchObject({ stored: 1 });
  });

  it('that is damaged inside is set aside as it is', () => {
    const store = open();
    store.store(Array.from({ length: 2_000 }, () => aDenial()));
    store.close();
    const { size } = statSync(room.file);
    const handle = openSync(room.file, 'r+');
    for (let at = 8_192; at < size; at += 4_096) writeSync(handle, Buffer.alloc(64, 0xff), 0, 64, at);
    closeSync(handle);
    expect(open().kept().events).toBe(0);
    expect(damages).toHaveLength(1);
    expect(readdirSync(dirname(room.file)).filter((name) => /damaged-\d/.test(name))).toHaveLength(1);
  });

  it('that was found to be damaged in use is set aside at the next start', () => {
    open().close();
    noteDamage(room.file, 'database disk image is malformed');
    open().close();
    expect(damages).toEqual([expect.stringContaining('while it was in use')]);
    damages = [];
    open();
    expect(damages).toEqual([]);
  });

  it('of a newer version is left alone', () => {
    open().close();
    const database = new Database(room.file);
    database.pragma('user_version = 99');
    database.close();
    expect(() => open()).toThrow('was written by a newer nftoggle');
    expect(damages).toEqual([]);
  });
});
