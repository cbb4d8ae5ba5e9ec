// SPDX-License-Identifier: MIT
import type { Config } from '@nftoggle/config';
import type { CloudEvent, Refusal, ReplyOf, RequestOf, StatsSeries, StatsSummary } from '@nftoggle/contracts';
import { Calendar } from './calendar.ts';
import { type DatabaseFile, type OpenOptions, openDatabaseFile } from './database-file.ts';
import { type Horizons, horizonsAt } from './horizons.ts';
import { Ingest, type Stored } from './ingest.ts';
import { readAfter, readSource } from './list-filter.ts';
import { Names } from './names.ts';
import { Queries } from './queries.ts';
import { queryDenials } from './query-denials.ts';
import { queryEvents } from './query-events.ts';
import { querySeries } from './query-series.ts';
import { type ListQuestion, querySessions } from './query-sessions.ts';
import { type QueryContext, querySummary } from './query-summary.ts';
import { Retention } from './retention.ts';
import { type Read, readScope } from './scope.ts';

export type StoreConfig = Pick<Config, 'timezone' | 'services' | 'people' | 'devices' | 'stats'>;

export interface StoreOptions extends OpenOptions {
  readonly file: string;
  readonly config: StoreConfig;
  /** Milliseconds of the epoch. */
  readonly clock?: () => number;
}

/** What is kept of a store. */
export interface Kept {
  readonly file: string;
  /** On disk, in bytes, the write-ahead log included. */
  readonly bytes: number;
  readonly events: number;
  /** Milliseconds of the epoch; null when there is none. */
  readonly oldest: number | null;
}

/**
 * The database of events, and of what they add up to. Everything is synchronous: a question is answered between two
 * batches, never in the middle of one.
 */
export class StatsStore {
  readonly #file: DatabaseFile;
  readonly #path: string;
  readonly #clock: () => number;
  readonly #names: Names;
  readonly #ingest: Ingest;
  readonly #queries: Queries;
  readonly #retention: Retention;
  #config: StoreConfig;
  #calendar: Calendar;
  #added = 0;

  /** @throws StartError when another process writes to the file, or a newer program wrote it */
  constructor({ file, config, clock = Date.now, ...open }: StoreOptions) {
    this.#file = openDatabaseFile(file, open);
    const { database } = this.#file;
    this.#path = file;
    this.#clock = clock;
    this.#names = new Names(database);
    this.#ingest = new Ingest(database, this.#names);
    this.#queries = new Queries(database);
    this.#retention = new Retention(database);
    this.#config = config;
    this.#calendar = new Calendar(config.timezone);
  }

  /** Days of what was stored before stay those of the time zone of then. */
  configure(config: StoreConfig): void {
    if (config.timezone !== this.#config.timezone) this.#calendar = new Calendar(config.timezone);
    this.#config = config;
  }

  /**
   * Stores events, each once however often it comes. When it returns they are on disk.
   * @throws SqliteError when the disk is full or fails: then none of them is stored
   */
  store(events: readonly CloudEvent[]): Stored {
    const now = this.#clock();
    const context = { calendar: this.#calendar, horizons: this.#horizons(now), now };
    const stored = this.#ingest.store(events, context);
    this.#added += stored.stored;
    return stored;
  }

  get file(): string {
    return this.#path;
  }

  /** Events that were stored since the last `tidy` began. */
  get added(): number {
    return this.#added;
  }

  /** Lets go what is too old or too much, some of it. False when the file is too large and nothing may go. */
  async tidy(): Promise<boolean> {
    const now = this.#clock();
    const horizons = this.#horizons(now);
    const added = this.#added;
    this.#added = 0;
    return this.#retention.run({
      horizons,
      eventDay: this.#calendar.keyOf('day', horizons.events),
      maxBytes: this.#config.stats.maxBytes,
      now,
      added,
    });
  }

  kept(): Kept {
    const [count] = this.#queries.all<{ readonly value: number }>(
      "SELECT value FROM fact WHERE key = 'events'",
      [],
    );
    const [oldest] = this.#queries.all<{ readonly time: number | null }>(
      'SELECT min(time) AS time FROM event',
      [],
    );
    return {
      file: this.#path,
      bytes: this.bytes(),
      events: count?.value ?? 0,
      oldest: oldest?.time ?? null,
    };
  }

  bytes(): number {
    return this.#retention.bytes();
  }

  summary(request: RequestOf<'statsSummary'>): StatsSummary | Refusal {
    const scope = readScope(request, this.#names, this.#config);
    return scope.ok ? querySummary(this.#context(), scope.value) : scope.refusal;
  }

  series(request: RequestOf<'statsSeries'>): StatsSeries | Refusal {
    const scope = readScope(request, this.#names, this.#config);
    return scope.ok ? querySeries(this.#context(), scope.value, request.step) : scope.refusal;
  }

  sessions(request: RequestOf<'statsSessions'>): ReplyOf<'statsSessions'> {
    const question = this.#listQuestion(request);
    if (!question.ok) return question.refusal;
    const { items, next } = querySessions(this.#queries, this.#names, question.value);
    return { sessions: [...items], next };
  }

  denials(request: RequestOf<'statsDenials'>): ReplyOf<'statsDenials'> {
    const question = this.#listQuestion(request);
    if (!question.ok) return question.refusal;
    const { items, next } = queryDenials(this.#queries, question.value);
    return { denials: [...items], next };
  }

  events(request: RequestOf<'statsEvents'>): ReplyOf<'statsEvents'> {
    const { from = '0000-01-01T00:00:00Z', to = '9999-12-31T23:59:59Z', service, types, limit } = request;
    const after = readAfter(request.after);
    if (!after.ok) return after.refusal;
    const scope = readScope({ from, to, service }, this.#names, this.#config);
    if (!scope.ok) return scope.refusal;
    const { items, next } = queryEvents(this.#queries, this.#names, {
      span: scope.value.span,
      types:
        types === undefined
          ? null
          : [...new Set(types)].flatMap((type) => this.#names.find('type', type) ?? []),
      service: service === undefined ? undefined : scope.value.service,
      after: after.value,
      limit,
    });
    return { events: [...items], next };
  }

  close(): void {
    this.#file.close();
  }

  #listQuestion(request: RequestOf<'statsSessions'>): Read<ListQuestion> {
    const scope = readScope(request, this.#names, this.#config);
    if (!scope.ok) return scope;
    const source = readSource(request.source, this.#names, this.#config);
    if (!source.ok) return source;
    const after = readAfter(request.after);
    if (!after.ok) return after;
    const { limit } = request;
    return { ok: true, value: { scope: scope.value, source: source.value, after: after.value, limit } };
  }

  #context(): QueryContext {
    return {
      queries: this.#queries,
      names: this.#names,
      calendar: this.#calendar,
      horizons: this.#horizons(this.#clock()),
    };
  }

  #horizons(now: number): Horizons {
    return horizonsAt(now, this.#calendar, this.#config.stats.keep);
  }
}
