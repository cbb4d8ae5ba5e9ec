// SPDX-License-Identifier: MIT
import type { CloudEvent } from '@nftoggle/contracts';
import Database from 'better-sqlite3';
import type { Calendar } from './calendar.ts';
import { countedTallies, denialTally, endOf, isOf, sessionTally, startOf, useTally } from './event-facts.ts';
import { EventTable } from './event-table.ts';
import type { Horizons } from './horizons.ts';
import type { Names } from './names.ts';
import { SessionTable } from './session-table.ts';
import { SumTables } from './sum-tables.ts';
import { Tallies } from './tallies.ts';

/** What became of the events of a batch. */
export interface Stored {
  readonly stored: number;
  /** Seen before. */
  readonly known: number;
  /** Those that no table takes, and why. */
  readonly refused: readonly { readonly event: CloudEvent; readonly problem: string }[];
}

export interface IngestContext {
  readonly calendar: Calendar;
  readonly horizons: Horizons;
  /** Milliseconds of the epoch. */
  readonly now: number;
}

/** Writes events, and all that follows from them, exactly once: a batch is one transaction. */
export class Ingest {
  readonly #database: Database.Database;
  readonly #names: Names;
  readonly #events: EventTable;
  readonly #sessions: SessionTable;
  readonly #sums: SumTables;

  constructor(database: Database.Database, names: Names) {
    this.#database = database;
    this.#names = names;
    this.#events = new EventTable(database, names);
    this.#sessions = new SessionTable(database, names);
    this.#sums = new SumTables(database);
  }

  /**
   * When it returns, the batch is on disk. One event that cannot be stored, for a reason of its own, holds up no
   * other: it is refused alone.
   * @throws SqliteError when the disk is full or fails: then nothing of the batch is stored
   */
  store(events: readonly CloudEvent[], context: IngestContext): Stored {
    try {
      return this.#storeAll(events, context);
    } catch (error) {
      if (isOfTheDisk(error)) throw error;
      if (events.length === 1) return refusal(events, error);
      const half = events.length >> 1;
      return together(this.store(events.slice(0, half), context), this.store(events.slice(half), context));
    }
  }

  #storeAll(events: readonly CloudEvent[], context: IngestContext): Stored {
    let committed = false;
    try {
      const stored = this.#database.transaction(() => this.#write(events, context)).immediate();
      committed = true;
      return { stored, known: events.length - stored, refused: [] };
    } finally {
      this.#names.settle(committed);
      if (!committed) this.#sums.forget();
    }
  }

  #write(events: readonly CloudEvent[], { calendar, horizons, now }: IngestContext): number {
    const tallies = new Tallies(calendar, this.#names, horizons);
    const second = Math.floor(now / 1_000);
    const added = this.#events.add(events, second);
    for (const event of added) this.#tally(event, tallies);
    this.#sums.add(tallies);
    return added.length;
  }

  #tally(event: CloudEvent, tallies: Tallies): void {
    if (isOf(event, 'session_started')) {
      const facts = startOf(event);
      if (this.#sessions.start(facts)) tallies.add(sessionTally(facts));
    } else if (isOf(event, 'session_ended')) {
      const facts = endOf(event);
      const { started, ended } = this.#sessions.end(facts, facts.end);
      if (started) tallies.add(sessionTally(facts));
      if (ended) tallies.add(useTally(facts, facts.end));
    } else if (isOf(event, 'access_denied')) tallies.add(denialTally(event));
    else if (isOf(event, 'denials_counted')) {
      const { services, sources } = countedTallies(event);
      for (const tally of services) tallies.add(tally);
      for (const tally of sources) tallies.addSource(tally);
    }
  }
}

/** Everything else is a fault of the event. */
function isOfTheDisk(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError &&
    /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|NOMEM|CORRUPT|NOTADB|PROTOCOL|PERM|AUTH|INTERRUPT|NOLFS)/.test(
      error.code,
    )
  );
}

function refusal(events: readonly CloudEvent[], error: unknown): Stored {
  const problem = (error as Error).message;
  return { stored: 0, known: 0, refused: events.map((event) => ({ event, problem })) };
}

function together(a: Stored, b: Stored): Stored {
  return {
    stored: a.stored + b.stored,
    known: a.known + b.known,
    refused: [...a.refused, ...b.refused],
  };
}
