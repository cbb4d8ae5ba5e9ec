// SPDX-License-Identifier: MIT
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManyRows, rowsAtOnce } from './many-rows.ts';

let database: Database.Database;

beforeEach(() => {
  database = new Database(':memory:');
  database.exec('CREATE TABLE sum (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT');
});
afterEach(() => database.close());

const all = (): unknown => database.prepare('SELECT key, value FROM sum ORDER BY rowid').raw().all();
const numbers = (count: number) =>
  Array.from({ length: count }, (_, index) => [`key${index}`, index] as const);

describe('rows', () => {
  it.each([0, 1, rowsAtOnce - 1, rowsAtOnce, rowsAtOnce + 1, 3 * rowsAtOnce + 7])(
    'are all written in their order: %i of them',
    (count) => {
      const table = new ManyRows(database, 'sum', ['key', 'value'], '');
      expect(table.write(numbers(count).flat())).toBe(count);
      expect(all()).toEqual(numbers(count));
    },
  );

  it('that are there already do what the conflict says, also when they come twice at once', () => {
    const adding = 'ON CONFLICT DO UPDATE SET value = value + excluded.value';
    const pairs = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(9)), { maxLength: 100 });
    const table = new ManyRows(database, 'sum', ['key', 'value'], adding);
    fc.assert(
      fc.property(pairs, (rows) => {
        database.exec('DELETE FROM sum');
        table.write(rows.flat());
        const sums = new Map<string, number>();
        for (const [key, value] of rows) sums.set(key, (sums.get(key) ?? 0) + value);
        expect(all()).toEqual([...sums]);
      }),
    );
  });

  it('that are left out are not counted', () => {
    const table = new ManyRows(database, 'sum', ['key', 'value'], 'ON CONFLICT DO NOTHING');
    expect(table.write(numbers(30).flat())).toBe(30);
    expect(table.write(numbers(50).flat())).toBe(20);
  });
});
