// SPDX-License-Identifier: MIT
import { rmSync } from 'node:fs';
import { StartError } from '@nftoggle/daemon';
import type { Database } from 'better-sqlite3';
import type { Migration } from './schema.ts';

/**
 * Brings a database to the newest version, each step in a transaction of its own: whatever dies on the way, the next
 * start goes on from there. What has something in it is copied first, to `<file>.before-<version>`.
 * @throws StartError when the database is of a newer version than this program, or there is no room for the copy
 */
export function migrate(database: Database, migrations: readonly Migration[]): void {
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > migrations.length) {
    throw new StartError(
      `${database.name} was written by a newer nftoggle (version ${version} of its tables, this one knows ` +
        `${migrations.length}): run that one, or move the file away to begin a new one`,
    );
  }
  if (version === migrations.length) return;
  if (version > 0) keepCopy(database, migrations.length);
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      database.exec(sql);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}

function keepCopy(database: Database, version: number): void {
  const copy = `${database.name}.before-${version}`;
  rmSync(copy, { force: true });
  try {
    database.prepare('VACUUM INTO ?').run(copy);
  } catch (cause) {
    rmSync(copy, { force: true });
    throw new StartError(`${database.name} could not be copied to ${copy} before its tables are changed`, {
      cause,
    });
  }
}
