// SPDX-License-Identifier: MIT
import type { Database, Statement } from 'better-sqlite3';
import { all, none, steps } from './schema.ts';
import { busiest, plus, type Sums, sumColumns, zero } from './sums.ts';
import type { Cell, Key, Tallies } from './tallies.ts';

/** Sources that have a row of their own: of all services, and of one; when it comes to twice as many, half go to `others`. */
export const sourcesKept = {
  day: { ofAll: 128, ofOne: 32 },
  hour: { ofAll: 64, ofOne: 16 },
} as const;

/** The address of all other sources. */
export const others = '';

interface SourceRow extends Sums {
  readonly address: string;
  readonly device: number;
}

/** Adds to the tables of sums, and keeps that of sources from growing with every address there is. */
export class SumTables {
  readonly #sums: Statement;
  readonly #countries: Statement;
  readonly #sources: Statement;
  readonly #count: Statement<unknown[], number>;
  readonly #list: Statement<unknown[], SourceRow>;
  readonly #remove: Statement;
  /** At most so many rows have each group of sources, by the key of the group. */
  readonly #groups = new Map<string, number>();

  constructor(database: Database) {
    this.#sums = database.prepare(upsert('sums', ['step', 'at', 'person', 'service']));
    this.#countries = database.prepare(
      upsert('country_sums', ['step', 'at', 'person', 'service', 'country']),
    );
    this.#sources = database.prepare(
      upsert('source_sums', ['step', 'at', 'person', 'service', 'address', 'device']),
    );
    const group = 'FROM source_sums WHERE step = ? AND at = ? AND person = ? AND service = ?';
    this.#count = database.prepare<unknown[], number>(`SELECT count(*) ${group}`).pluck();
    this.#list = database.prepare(
      `SELECT address, device, ${sumColumns.join(', ')} ${group} AND address <> '${others}'`,
    );
    this.#remove = database.prepare(`DELETE ${group} AND address = ? AND device = ?`);
  }

  /** Within a transaction. */
  add(tallies: Tallies): void {
    for (const cell of tallies.sums.sorted()) this.#sums.run(...cell.key, ...valuesOf(cell));
    for (const cell of tallies.countries.sorted()) this.#countries.run(...cell.key, ...valuesOf(cell));
    this.#addSources(tallies.sources.sorted());
  }

  #addSources(cells: readonly Cell[]): void {
    for (const [index, cell] of cells.entries()) {
      this.#sources.run(...cell.key, ...valuesOf(cell));
      const limit = keptOf(cell.key) * 2;
      // It may have been there already: that is found out when it matters.
      const rows = (this.#groups.get(cell.group) ?? this.#count.get(...groupOf(cell)) ?? 0) + 1;
      this.#groups.set(cell.group, rows);
      const isLast = cells[index + 1]?.group !== cell.group;
      if (rows > limit && (isLast || rows > limit * 2)) this.#trim(cell, limit);
    }
    if (this.#groups.size > 10_000) this.#groups.clear();
  }

  #trim(cell: Cell, limit: number): void {
    const group = groupOf(cell);
    const rows = this.#list.all(...group);
    const kept = new Set(rows.length <= limit ? rows : busiest(rows, keptOf(cell.key)));
    let rest = zero;
    for (const row of rows) {
      if (kept.has(row)) continue;
      rest = plus(rest, row);
      this.#remove.run(...group, row.address, row.device);
    }
    if (kept.size < rows.length) this.#sources.run(...group, others, none, ...valuesOf({ sums: rest }));
    this.#groups.set(cell.group, kept.size);
  }

  /** What was counted in a transaction that came to nothing is not so. */
  forget(): void {
    this.#groups.clear();
  }
}

function groupOf({ key }: Cell): Key {
  return key.slice(0, 4);
}

function keptOf([step, , , service]: Key): number {
  const { ofAll, ofOne } = sourcesKept[step === steps.day ? 'day' : 'hour'];
  return service === all ? ofAll : ofOne;
}

function valuesOf({ sums }: Pick<Cell, 'sums'>): readonly number[] {
  return sumColumns.map((name) => sums[name]);
}

function upsert(table: string, keys: readonly string[]): string {
  const columns = [...keys, ...sumColumns];
  const additions = sumColumns.map((name) => `${name} = ${name} + excluded.${name}`);
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT DO UPDATE SET ${additions.join(', ')}`;
}
