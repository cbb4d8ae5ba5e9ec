// SPDX-License-Identifier: MIT
import { statSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { Database, Statement } from 'better-sqlite3';
import { logSize } from './database-file.ts';
import { type Horizons, idDays } from './horizons.ts';
import { steps } from './schema.ts';

/** Rows of one transaction: others wait for it. */
const slice = 2_000;
/** Of what is not events, of each kind, in one run. */
const slicesPerRun = 20;
/** Events that one run lets go at most, beside as many as came since the last one. */
const eventsPerRun = 20_000;
/** Pages that one run gives back to the file system, and how many at a time. */
const pagesPerRun = 8_000;
const pagesAtOnce = 1_000;
/** When a file is too large it is emptied to this part of what it may be, so that it is not so again at once. */
const target = 0.95;
/** Pages without content that stay in the file for what comes. */
const sparePages = 256;
const spareShare = 0.05;

const daySeconds = 86_400;
/** A session may go on for a year: one whose end never came is kept so much longer than others. */
const longestSession = 366 * daySeconds * 1_000;

export interface Limits {
  readonly horizons: Horizons;
  /** The day in which `horizons.events` is, as a key. */
  readonly eventDay: number;
  readonly maxBytes: number;
  /** Milliseconds of the epoch. */
  readonly now: number;
  /** Events that were stored since the last run. */
  readonly added: number;
}

interface OldEvent {
  readonly seq: number;
  readonly id: Buffer;
  readonly stored: number;
}

/** Lets go what is too old, and the oldest of what is too much, in small steps. */
export class Retention {
  readonly #database: Database;
  readonly #oldest: Statement<[number, number], OldEvent>;
  readonly #forget: Statement<[Buffer, number]>;
  readonly #remove: Statement<[number]>;
  readonly #count: Statement<[number]>;
  readonly #oldestTime: Statement<[], number | null>;

  constructor(database: Database) {
    this.#database = database;
    this.#oldest = database.prepare('SELECT seq, id, stored FROM event WHERE time < ? ORDER BY time LIMIT ?');
    this.#forget = database.prepare('INSERT INTO forgotten (id, at) VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#remove = database.prepare('DELETE FROM event WHERE seq = ?');
    this.#count = database.prepare("UPDATE fact SET value = value - ? WHERE key = 'events'");
    this.#oldestTime = database.prepare<[], number | null>('SELECT min(time) FROM event').pluck();
  }

  /**
   * One run, with a bound on its work; between its steps others have their turn. Returns false when the file is too
   * large and nothing is left that may go.
   */
  async run(limits: Limits): Promise<boolean> {
    await this.#removeOld(limits);
    let budget = eventsPerRun + limits.added - (await this.#removeByAge(limits));
    let fits = true;
    if (this.#size() > limits.maxBytes) {
      while (fits && budget > 0 && this.#used() > limits.maxBytes * target) {
        const removed = this.#removeOldest(limits);
        budget -= Math.max(removed, 1);
        fits = removed > 0 || this.#used() <= limits.maxBytes;
        await turn();
      }
    }
    await this.#giveBack(limits.maxBytes);
    return fits;
  }

  /** On disk, the write-ahead log included. */
  bytes(): number {
    const { name } = this.#database;
    return sizeOf(name) + sizeOf(`${name}-wal`);
  }

  async #removeByAge({ horizons, now }: Limits): Promise<number> {
    let total = 0;
    while (total < eventsPerRun) {
      const removed = this.#removeEvents(horizons.events, now);
      total += removed;
      if (removed < slice) break;
      await turn();
    }
    return total;
  }

  /** The oldest events and sessions; when there are none, the oldest sums but those by day. */
  #removeOldest({ now }: Limits): number {
    const events = this.#removeEvents(Infinity, now);
    const before = this.#oldestTime.get() ?? Infinity;
    const sessions = this.#delete('session WHERE ended < ? ORDER BY ended', before);
    if (events + sessions > 0) return events + sessions;
    return (
      this.#delete('source_sums WHERE step < ? ORDER BY step, at', steps.day + 1) ||
      this.#delete('country_sums WHERE step < ? ORDER BY step, at', steps.day) ||
      this.#delete('sums WHERE step < ? ORDER BY step, at', steps.day)
    );
  }

  #removeEvents(before: number, now: number): number {
    // An id that may come again is known until it cannot.
    const again = now / 1_000 - idDays * daySeconds;
    return this.#database
      .transaction(() => {
        const old = this.#oldest.all(before, slice);
        for (const { seq, id, stored } of old) {
          if (stored > again) this.#forget.run(id, Math.floor(now / 1_000));
          this.#remove.run(seq);
        }
        this.#count.run(old.length);
        return old.length;
      })
      .immediate();
  }

  async #removeOld({ horizons, eventDay, now }: Limits): Promise<void> {
    const { minutes, hours, sourceHours, events } = horizons;
    const rows: readonly (readonly [from: string, ...values: number[]])[] = [
      ['sums WHERE step = ? AND at < ? ORDER BY at', steps.minute, minutes / 1_000],
      ['sums WHERE step = ? AND at < ? ORDER BY at', steps.hour, hours / 1_000],
      ['country_sums WHERE step = ? AND at < ? ORDER BY at', steps.hour, hours / 1_000],
      ['source_sums WHERE step = ? AND at < ? ORDER BY at', steps.hour, sourceHours / 1_000],
      ['source_sums WHERE step = ? AND at < ? ORDER BY at', steps.day, eventDay],
      ['forgotten WHERE at < ? ORDER BY at', now / 1_000 - idDays * daySeconds],
      ['session WHERE ended < ? ORDER BY ended', events],
      ['session WHERE ended IS NULL AND since < ? ORDER BY since', events - longestSession],
    ];
    for (const [from, ...values] of rows) {
      for (let slices = 0; slices < slicesPerRun && this.#delete(from, ...values) === slice; slices += 1)
        await turn();
      await turn();
    }
  }

  /** One slice. */
  #delete(from: string, ...values: readonly number[]): number {
    return this.#database.prepare(`DELETE FROM ${from} LIMIT ${slice}`).run(...values).changes;
  }

  async #giveBack(maxBytes: number): Promise<void> {
    for (let given = 0; given < pagesPerRun; given += pagesAtOnce) {
      const pages = this.#pages('page_count');
      const isLarge = this.#size() > maxBytes;
      const spare = isLarge ? 0 : Math.max(sparePages, pages * spareShare);
      const excess = Math.min(Math.ceil(this.#pages('freelist_count') - spare), pagesAtOnce);
      if (excess <= 0) break;
      this.#database.pragma(`incremental_vacuum(${excess})`);
      await turn();
    }
    this.#writeBack();
  }

  /** The file shrinks when the log is written back, and then the log. Readers are not waited for: then next time. */
  #writeBack(): void {
    const patience = this.#database.pragma('busy_timeout', { simple: true });
    this.#database.pragma('busy_timeout = 0');
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
    this.#database.pragma(`busy_timeout = ${patience}`);
  }

  /**
   * A log that has grown because a reader does not end counts no more than one that has not: letting events go would
   * make it longer.
   */
  #size(): number {
    const log = Math.min(sizeOf(`${this.#database.name}-wal`), logSize);
    return this.#pages('page_count') * this.#pages('page_size') + log;
  }

  #used(): number {
    return this.#size() - this.#pages('freelist_count') * this.#pages('page_size');
  }

  #pages(name: 'page_count' | 'page_size' | 'freelist_count'): number {
    return this.#database.pragma(name, { simple: true }) as number;
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
