// SPDX-License-Identifier: MIT
import type { Database, Statement } from 'better-sqlite3';

/** Of one statement. More gain little; SQLite takes 32,766 values at most. */
export const rowsAtOnce = 20;

export type Value = string | number | Buffer | null;

/** Statements that write rows of a table, many at once: to begin and end a statement costs as much as half a row. */
export class ManyRows {
  readonly #width: number;
  readonly #one: Statement;
  readonly #many: Statement;

  /** @param conflict what is to be done with a row that is there already: `ON CONFLICT …` */
  constructor(database: Database, table: string, columns: readonly string[], conflict: string) {
    const row = `(${columns.map(() => '?').join(', ')})`;
    const insert = (rows: readonly string[]): Statement =>
      database.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${rows.join(', ')} ${conflict}`);
    this.#width = columns.length;
    this.#one = insert([row]);
    this.#many = insert(Array.from({ length: rowsAtOnce }, () => row));
  }

  /** @param values of all rows, one row after the other. Returns how many were written. */
  write(values: readonly Value[]): number {
    let changes = 0;
    let first = 0;
    for (const many = this.#width * rowsAtOnce; first + many <= values.length; first += many)
      changes += this.#many.run(...values.slice(first, first + many)).changes;
    for (; first < values.length; first += this.#width)
      changes += this.#one.run(...values.slice(first, first + this.#width)).changes;
    return changes;
  }
}
