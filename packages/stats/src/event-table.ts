// SPDX-License-Identifier: MIT
import type { CloudEvent } from '@nftoggle/contracts';
import type { Database, Statement } from 'better-sqlite3';
import { keysOf } from './event-facts.ts';
import { idBytes } from './event-id.ts';
import { ManyRows, type Value } from './many-rows.ts';
import type { Names } from './names.ts';

const columns = [
  'seq',
  'id',
  'time',
  'stored',
  'type',
  'author',
  'service',
  'person',
  'device',
  'address',
  'subject',
  'data',
] as const;

/** Events as they came, each once: its id is known for as long as it could come again, longer than it is kept. */
export class EventTable {
  readonly #names: Names;
  readonly #rows: ManyRows;
  readonly #last: Statement<[], number | null>;
  readonly #since: Statement<[number], number>;
  readonly #isForgotten: Statement<[Buffer], number>;
  readonly #forgotten: Statement<[], number>;
  readonly #count: Statement<[number]>;

  constructor(database: Database, names: Names) {
    this.#names = names;
    this.#rows = new ManyRows(database, 'event', columns, 'ON CONFLICT (id) DO NOTHING');
    this.#last = database.prepare<[], number | null>('SELECT max(seq) FROM event').pluck();
    this.#since = database.prepare<[number], number>('SELECT seq FROM event WHERE seq >= ?').pluck();
    this.#isForgotten = database.prepare<[Buffer], number>('SELECT 1 FROM forgotten WHERE id = ?').pluck();
    this.#forgotten = database.prepare<[], number>('SELECT 1 FROM forgotten LIMIT 1').pluck();
    this.#count = database.prepare("UPDATE fact SET value = value + ? WHERE key = 'events'");
  }

  /** Returns those that were not there before, within a transaction. `now` in seconds. */
  add(events: readonly CloudEvent[], now: number): readonly CloudEvent[] {
    const fresh = this.#notForgotten(events);
    const first = (this.#last.get() ?? 0) + 1;
    const written = this.#rows.write(fresh.flatMap((event, index) => this.#rowOf(event, first + index, now)));
    this.#count.run(written);
    if (written === fresh.length) return fresh;
    const there = new Set(this.#since.all(first));
    return fresh.filter((_, index) => there.has(first + index));
  }

  #notForgotten(events: readonly CloudEvent[]): readonly CloudEvent[] {
    if (this.#forgotten.get() === undefined) return events;
    return events.filter(({ id }) => this.#isForgotten.get(idBytes(id)) === undefined);
  }

  #rowOf(event: CloudEvent, seq: number, now: number): readonly Value[] {
    const { service, person, device, address } = keysOf(event);
    const subject = event.subject === undefined ? null : event.subject === service ? '' : event.subject;
    return [
      seq,
      idBytes(event.id),
      Date.parse(event.time),
      now,
      this.#names.idOf('type', event.type),
      this.#names.idOf('author', event.source),
      service === null ? null : this.#names.idOf('service', service),
      person === null ? null : this.#names.idOf('person', person),
      device === null ? null : this.#names.idOf('device', device),
      address,
      subject,
      JSON.stringify(event.data),
    ];
  }
}
