// SPDX-License-Identifier: MIT
import type { Database, Statement } from 'better-sqlite3';
import { all, none, steps } from './schema.ts';
import { addTo, busiest, type Sums, sumColumns, zero } from './sums.ts';
import type { Cell, Group, Tallies } from './tallies.ts';

/**
 * Sources that have a row of their own, in all services and in one. When it comes to twice as many, those that are
 * met least are put together.
 */
export const sourcesKept = {
  day: { ofAll: 64, ofOne: 32 },
  hour: { ofAll: 64, ofOne: 16 },
} as const;

/** The address of all other sources. */
export const others = '';

interface SourceRow extends Sums {
  readonly address: string;
  readonly device: number;
}
type GroupKey = [step: number, at: number, person: number, service: number];

/** Adds to the tables of sums, and keeps that of sources from growing with every address there is. */
export class SumTables {
  readonly #sums: Statement;
  readonly #countries: Statement;
  readonly #sources: Statement;
  readonly #count: Statement<GroupKey, number>;
  readonly #list: Statement<GroupKey, SourceRow>;
  readonly #remove: Statement<[...GroupKey, string, number]>;
  /** At most so many rows have each group of sources. */
  readonly #rows = new Map<string, number>();

  constructor(database: Database) {
    const group = ['step', 'at', 'person', 'service'];
    this.#sums = database.prepare(upsert('sums', group));
    this.#countries = database.prepare(upsert('country_sums', [...group, 'country']));
    this.#sources = database.prepare(upsert('source_sums', [...group, 'address', 'device']));
    const from = `FROM source_sums WHERE ${group.map((column) => `${column} = ?`).join(' AND ')}`;
    this.#count = database.prepare<GroupKey, number>(`SELECT count(*) ${from}`).pluck();
    this.#list = database.prepare(
      `SELECT address, device, ${sumColumns.join(', ')} ${from} AND address <> '${others}'`,
    );
    this.#remove = database.prepare(`DELETE ${from} AND address = ? AND device = ?`);
  }

  /** Within a transaction. */
  add(tallies: Tallies): void {
    for (const group of tallies.sums.groups()) write(this.#sums, group, group.cells);
    for (const group of tallies.countries.groups()) write(this.#countries, group, group.cells);
    for (const group of tallies.sources.groups()) this.#addSources(group);
    if (this.#rows.size > 10_000) this.#rows.clear();
  }

  #addSources(group: Group): void {
    const limit = keptOf(group) * 2;
    const cells = fewer(group.cells, limit, (rest): Cell => ({ rest: [others, none], ...rest }));
    write(this.#sources, group, cells);
    const key = keyOf(group);
    const name = key.join(' ');
    const known = this.#rows.get(name);
    // Those that were there already are counted twice, which is found out when it matters.
    const rows = known === undefined ? (this.#count.get(...key) ?? 0) : known + cells.length;
    this.#rows.set(name, rows > limit ? this.#trim(group, limit) : rows);
  }

  /** Returns how many are left. */
  #trim(group: Group, limit: number): number {
    const rows = this.#list.all(...keyOf(group));
    if (rows.length <= limit) return rows.length;
    const kept = new Set(busiest(rows, keptOf(group)));
    const gone = rows.filter((row) => !kept.has(row));
    for (const { address, device } of gone) this.#remove.run(...keyOf(group), address, device);
    write(this.#sources, group, [{ rest: [others, none], ...totalOf(gone) }]);
    return kept.size;
  }

  /** What was counted in a transaction that came to nothing is not so. */
  forget(): void {
    this.#rows.clear();
  }
}

/** Those that would be put together with others right after they are written are so before. */
function fewer(cells: readonly Cell[], limit: number, asOthers: (rest: Sums) => Cell): readonly Cell[] {
  if (cells.length <= limit) return cells;
  const kept = new Set(busiest(cells, limit));
  return [...kept, asOthers(totalOf(cells.filter((cell) => !kept.has(cell))))];
}

function totalOf(rows: readonly Sums[]): Sums {
  const total = { ...zero };
  for (const row of rows) addTo(total, row);
  return total;
}

function keptOf({ step, service }: Group): number {
  const { ofAll, ofOne } = sourcesKept[step === steps.day ? 'day' : 'hour'];
  return service === all ? ofAll : ofOne;
}

function keyOf({ step, at, person, service }: Group): GroupKey {
  return [step, at, person, service];
}

function write(statement: Statement, { step, at, person, service }: Group, cells: readonly Cell[]): void {
  for (const { rest, sessions, active_ms, connections, bytes_in, bytes_out, denied, unasked } of cells) {
    const sums = [sessions, active_ms, connections, bytes_in, bytes_out, denied, unasked];
    statement.run(step, at, person, service, ...rest, ...sums);
  }
}

/** Its parameters are the key and the sums, in the order of `sumColumns`. */
function upsert(table: string, keys: readonly string[]): string {
  const columns = [...keys, ...sumColumns];
  const additions = sumColumns.map((name) => `${name} = ${name} + excluded.${name}`);
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT DO UPDATE SET ${additions.join(', ')}`;
}
