// SPDX-License-Identifier: MIT
import type { Database, Statement } from 'better-sqlite3';
import { ManyRows, type Value } from './many-rows.ts';
import { all, none, steps } from './schema.ts';
import { addTo, busiest, plus, type Sums, sumColumns, zero } from './sums.ts';
import { type Group, type SourceCell, sourceName, type Tallies } from './tallies.ts';

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

/** What is to be written to each table, one row after the other. */
type Rows = Readonly<Record<'sums' | 'countries' | 'sources', Value[]>>;
type Cells = Group['sources'];
type GroupKey = [step: number, at: number, person: number, service: number];

/** Adds to the tables of sums, and keeps that of sources from growing with every address there is. */
export class SumTables {
  readonly #tables: Readonly<Record<keyof Rows, ManyRows>>;
  readonly #count: Statement<GroupKey, number>;
  readonly #list: Statement<GroupKey, SourceCell>;
  readonly #remove: Statement<[...GroupKey, string, number]>;
  /** At most so many rows has each group of sources, beside that of the others. */
  readonly #rows = new Map<string, number>();

  constructor(database: Database) {
    const group = ['step', 'at', 'person', 'service'];
    this.#tables = {
      sums: upsert(database, 'sums', group),
      countries: upsert(database, 'country_sums', [...group, 'country']),
      sources: upsert(database, 'source_sums', [...group, 'address', 'device']),
    };
    const from = `FROM source_sums WHERE ${group.map((column) => `${column} = ?`).join(' AND ')}`;
    const single = `${from} AND address <> '${others}'`;
    this.#count = database.prepare<GroupKey, number>(`SELECT count(*) ${single}`).pluck();
    this.#list = database.prepare(`SELECT address, device, ${sumColumns.join(', ')} ${single}`);
    this.#remove = database.prepare(`DELETE ${from} AND address = ? AND device = ?`);
  }

  /** Within a transaction. */
  add(tallies: Tallies): void {
    const rows: Rows = { sums: [], countries: [], sources: [] };
    for (const group of tallies.groups()) {
      const key = keyOf(group);
      if (group.sums !== undefined) rows.sums.push(...key, ...valuesOf(group.sums));
      for (const [country, sums] of group.countries) rows.countries.push(...key, country, ...valuesOf(sums));
      if (group.sources.size === 0) continue;
      for (const cell of this.#sourcesOf(key, group.sources, keptOf(group)))
        rows.sources.push(...key, cell.address, cell.device, ...valuesOf(cell));
    }
    this.#tables.sums.write(rows.sums);
    this.#tables.countries.write(rows.countries);
    this.#tables.sources.write(rows.sources);
    if (this.#rows.size > 10_000) this.#rows.clear();
  }

  /** Those of a group that are to be added. */
  #sourcesOf(key: GroupKey, cells: Cells, kept: number): Iterable<SourceCell> {
    const name = key.join(' ');
    // Those that were there already are counted twice, which is found out when it matters.
    const rows = (this.#rows.get(name) ?? this.#count.get(...key) ?? 0) + cells.size;
    this.#rows.set(name, rows);
    return rows > 2 * kept ? this.#busiestOf(key, cells, kept) : cells.values();
  }

  /** Makes room for them. What would go right after it is added is among the others from the beginning. */
  #busiestOf(key: GroupKey, cells: Cells, kept: number): Iterable<SourceCell> {
    const there = this.#list.all(...key);
    const rows = together(there, cells);
    const stay = new Set<SourceCell | undefined>(
      rows.size > 2 * kept ? busiest([...rows.values()], kept) : rows.values(),
    );
    this.#rows.set(key.join(' '), stay.size);
    if (stay.size === rows.size) return cells.values();
    const stays = (name: string): boolean => stay.has(rows.get(name));
    for (const row of there) if (!stays(sourceName(row))) this.#remove.run(...key, row.address, row.device);
    const rest = { address: others, device: none, ...zero };
    for (const row of rows.values()) if (!stay.has(row)) addTo(rest, row);
    return [...[...cells].flatMap(([name, cell]) => (stays(name) ? cell : [])), rest];
  }

  /** What was counted in a transaction that came to nothing is not so. */
  forget(): void {
    this.#rows.clear();
  }
}

/** Each source once, with the sums of both. */
function together(there: readonly SourceCell[], cells: Cells): ReadonlyMap<string, SourceCell> {
  const rows = new Map(there.map((row) => [sourceName(row), row]));
  for (const [name, cell] of cells) {
    const row = rows.get(name);
    rows.set(name, row === undefined ? cell : { ...cell, ...plus(cell, row) });
  }
  return rows;
}

function keptOf({ step, service }: Group): number {
  const { ofAll, ofOne } = sourcesKept[step === steps.day ? 'day' : 'hour'];
  return service === all ? ofAll : ofOne;
}

function keyOf({ step, at, person, service }: Group): GroupKey {
  return [step, at, person, service];
}

/** In the order of `sumColumns`. */
function valuesOf({
  sessions,
  active_ms,
  connections,
  bytes_in,
  bytes_out,
  denied,
  unasked,
}: Sums): readonly number[] {
  return [sessions, active_ms, connections, bytes_in, bytes_out, denied, unasked];
}

function upsert(database: Database, table: string, keys: readonly string[]): ManyRows {
  const additions = sumColumns.map((name) => `${name} = ${name} + excluded.${name}`);
  const conflict = `ON CONFLICT DO UPDATE SET ${additions.join(', ')}`;
  return new ManyRows(database, table, [...keys, ...sumColumns], conflict);
}
