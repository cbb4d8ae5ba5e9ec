// SPDX-License-Identifier: MIT
import type { Database, Statement } from 'better-sqlite3';
import { type Step, steps } from './schema.ts';
import type { KeyRange } from './span.ts';

/** Keys of `step` that have sums, from one to before another: found one by one, however many rows each has. */
const keysSql = `
  WITH RECURSIVE found (at) AS (
    SELECT min(at) FROM sums WHERE step = @step AND at >= @from
    UNION ALL
    SELECT (SELECT min(at) FROM sums WHERE step = @step AND at > found.at) FROM found WHERE found.at < @to
  )
  SELECT at FROM found WHERE at < @to LIMIT @limit`;

/** Statements of a database, each made once. */
export class Queries {
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
  }

  all<Row>(sql: string, parameters: readonly unknown[] | object): readonly Row[] {
    const list = Array.isArray(parameters) ? parameters : [parameters];
    return this.#statement(sql).all(...list) as Row[];
  }

  /** Oldest first. */
  keys(step: Step, [from, to]: KeyRange, limit = -1): readonly number[] {
    if (from >= to) return [];
    return this.all<{ readonly at: number }>(keysSql, { step: steps[step], from, to, limit }).map(
      ({ at }) => at,
    );
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#database.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}
