// SPDX-License-Identifier: MIT
import type { Database, Statement } from 'better-sqlite3';

export type NameKind = 'type' | 'author' | 'service' | 'person' | 'device' | 'country';

interface Row {
  readonly id: number;
  readonly kind: string;
  readonly text: string;
}

/**
 * Words and their numbers. There are few: names of the configuration, countries, event types. A word is what the
 * database gives back of it: half of a surrogate pair, which UTF-8 cannot say, is U+FFFD there.
 */
export class Names {
  readonly #ids = new Map<string, Map<string, number>>();
  readonly #texts = new Map<number, string>();
  readonly #ofKind = new Map<string, number[]>();
  readonly #insert: Statement<[string, string]>;
  /** Those of the open transaction. */
  readonly #fresh: Row[] = [];

  constructor(database: Database) {
    this.#insert = database.prepare('INSERT INTO name (kind, text) VALUES (?, ?)');
    for (const row of database.prepare<[], Row>('SELECT id, kind, text FROM name').all()) this.#add(row);
  }

  /** Undefined for a word that never came. */
  find(kind: NameKind, text: string): number | undefined {
    const ids = this.#ids.get(kind);
    return ids?.get(text) ?? ids?.get(text.toWellFormed());
  }

  /** Within a transaction: `settle` says how it ended. */
  idOf(kind: NameKind, text: string): number {
    const known = this.find(kind, text);
    if (known !== undefined) return known;
    const word = text.toWellFormed();
    const row = { id: Number(this.#insert.run(kind, word).lastInsertRowid), kind, text: word };
    this.#add(row);
    this.#fresh.push(row);
    return row.id;
  }

  text(id: number): string {
    return this.#texts.get(id) ?? '';
  }

  ofKind(kind: NameKind): readonly number[] {
    return this.#ofKind.get(kind) ?? [];
  }

  /** Numbers that were given in a transaction that came to nothing are given to other words. */
  settle(committed: boolean): void {
    const fresh = this.#fresh.splice(0);
    if (committed) return;
    for (const { id, kind, text } of fresh) {
      this.#ids.get(kind)?.delete(text);
      this.#texts.delete(id);
      this.#ofKind.set(
        kind,
        (this.#ofKind.get(kind) ?? []).filter((other) => other !== id),
      );
    }
  }

  #add({ id, kind, text }: Row): void {
    const ids = this.#ids.get(kind);
    if (ids === undefined) this.#ids.set(kind, new Map([[text, id]]));
    else ids.set(text, id);
    this.#texts.set(id, text);
    const list = this.#ofKind.get(kind);
    if (list === undefined) this.#ofKind.set(kind, [id]);
    else list.push(id);
  }
}
