// SPDX-License-Identifier: MIT
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { migrate } from './migrate.ts';
import { migrations } from './schema.ts';
import { lockWriter } from './writer-lock.ts';

/** Files up to this size are read through at each start, in bytes: that takes about a second. */
const checkedSize = 256 * 1024 * 1024;

/** Of the write-ahead log, in bytes, when it has been written back. */
export const logSize = 4 * 1024 * 1024;
/**
 * It is written back when it has so many pages (4 KiB). Large batches write to a thousand pages and more, for the most
 * part to those of the batch before: they go to the file once for several batches.
 */
const checkpointPages = 4_000;

export interface DatabaseFile {
  readonly database: Database.Database;
  /** Closes it and lets others write. Idempotent. */
  close(): void;
}

export interface OpenOptions {
  readonly now?: () => Date;
  /** Called with where a damaged file was put, and what was wrong with it. */
  readonly onDamage: (aside: string, problem: string) => void;
  /** How long to wait for another writer that is ending, in milliseconds. */
  readonly patience?: number;
  readonly migrations?: typeof migrations;
}

/**
 * Opens the database of a file, for this process alone to write, with the newest tables. A damaged one is set aside,
 * and a new one begun.
 * @throws StartError when another process writes to it, or a newer program wrote it
 */
export function openDatabaseFile(file: string, options: OpenOptions): DatabaseFile {
  mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
  const lock = lockWriter(file, options.patience);
  try {
    const database = openSound(file, options);
    const close = (): void => {
      if (!database.open) return;
      database.close();
      lock.release();
    };
    return { database, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Leaves a note for the next start, which sets the file aside. For what is found out while it is in use. */
export function noteDamage(file: string, problem: string): void {
  writeFileSync(noteOf(file), problem);
}

/** What only a damaged file says. */
export function isDamage(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

function openSound(file: string, options: OpenOptions): Database.Database {
  if (existsSync(noteOf(file))) setAside(file, 'it was found to be damaged while it was in use', options);
  try {
    return openOnce(file, options);
  } catch (error) {
    if (!isDamage(error)) throw error;
    setAside(file, (error as Error).message, options);
    return openOnce(file, options);
  }
}

function openOnce(file: string, options: OpenOptions): Database.Database {
  const database = new Database(file, { timeout: 1_000 });
  try {
    // Has an effect before the first table alone.
    database.pragma('auto_vacuum = INCREMENTAL');
    database.pragma('journal_mode = WAL');
    // Of WAL, anything less may lose what was acknowledged when the power goes.
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    database.pragma('cache_size = -32000');
    database.pragma('temp_store = MEMORY');
    database.pragma(`wal_autocheckpoint = ${checkpointPages}`);
    database.pragma(`journal_size_limit = ${logSize}`);
    check(database, file);
    migrate(database, options.migrations ?? migrations);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Large files are not read through: a card that takes minutes for it would hold up each start. */
function check(database: Database.Database, file: string): void {
  if (statSync(file).size > checkedSize) return;
  const [first] = database.pragma('quick_check(1)') as { readonly quick_check: string }[];
  if (first !== undefined && first.quick_check !== 'ok')
    throw new Database.SqliteError(first.quick_check, 'SQLITE_CORRUPT');
}

function setAside(file: string, problem: string, { now = () => new Date(), onDamage }: OpenOptions): void {
  const date = now().toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  const aside = `${file}.damaged-${date}`;
  for (const suffix of ['', '-wal', '-shm'])
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  rmSync(noteOf(file), { force: true });
  onDamage(aside, problem);
}

function noteOf(file: string): string {
  return `${file}.damaged`;
}
