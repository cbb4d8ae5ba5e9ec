// SPDX-License-Identifier: MIT
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from './migrate.ts';
import { migrations } from './schema.ts';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nftoggle-migrate-'));
  file = join(directory, 'stats.db');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function run(list: readonly string[]): void {
  const database = new Database(file);
  try {
    migrate(database, list);
  } finally {
    database.close();
  }
}

function ask(sql: string, path = file): unknown {
  const database = new Database(path, { readonly: true });
  try {
    return database.prepare(sql).pluck().get();
  } finally {
    database.close();
  }
}

/** What a later version may bring. */
const later = [
  ...migrations,
  'CREATE TABLE more (a INTEGER) STRICT',
  'INSERT INTO more SELECT value FROM fact',
];

describe('migrations', () => {
  it.each(later.map((_, version) => version))('lead from version %i to the newest', (version) => {
    run(later.slice(0, version));
    run(later);
    expect(ask('PRAGMA user_version')).toBe(later.length);
    expect(ask('SELECT count(*) FROM more')).toBe(1);
    expect(ask('PRAGMA integrity_check')).toBe('ok');
  });

  it('keep a copy of what was there', () => {
    run(migrations);
    expect(existsSync(`${file}.before-1`)).toBe(false);
    run(later);
    const copy = `${file}.before-${later.length}`;
    expect(ask('PRAGMA user_version', copy)).toBe(migrations.length);
    expect(ask("SELECT value FROM fact WHERE key = 'events'", copy)).toBe(0);
  });

  it('change nothing without room for the copy', () => {
    run(migrations);
    mkdirSync(`${file}.before-${later.length}`);
    writeFileSync(join(`${file}.before-${later.length}`, 'x'), '');
    expect(() => run(later)).toThrow();
    expect(ask('PRAGMA user_version')).toBe(migrations.length);
  });

  it('are each done as a whole or not at all, and go on from there', () => {
    run(migrations);
    const broken = [
      ...migrations,
      'CREATE TABLE more (a INTEGER) STRICT',
      'CREATE TABLE even_more (a); SELECT nonsense',
    ];
    expect(() => run(broken)).toThrow('nonsense');
    expect(ask('PRAGMA user_version')).toBe(migrations.length + 1);
    expect(ask("SELECT count(*) FROM sqlite_schema WHERE name = 'even_more'")).toBe(0);
    run(later);
    expect(ask('PRAGMA user_version')).toBe(later.length);
  });

  it('never go back: a newer database is refused in words', () => {
    run(later);
    expect(() => run(migrations)).toThrow(/stats\.db was written by a newer nftoggle/);
    expect(ask('PRAGMA user_version')).toBe(later.length);
  });
});
