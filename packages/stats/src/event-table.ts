// SPDX-License-Identifier: MIT
import type { CloudEvent } from '@nftoggle/contracts';
import type { Database, Statement } from 'better-sqlite3';
import { keysOf } from './event-facts.ts';
import { idBytes } from './event-id.ts';
import type { Names } from './names.ts';

/** Events as they came, each once: its id is known for as long as it could come again, longer than it is kept. */
export class EventTable {
  readonly #names: Names;
  readonly #insert: Statement;
  readonly #isForgotten: Statement<[Buffer], number>;
  readonly #forgotten: Statement<[], number>;
  readonly #count: Statement<[number]>;

  constructor(database: Database, names: Names) {
    this.#names = names;
    this.#insert = database.prepare(
      `INSERT INTO event (id, time, stored, type, author, service, person, device, address, subject, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    );
    this.#isForgotten = database.prepare<[Buffer], number>('SELECT 1 FROM forgotten WHERE id = ?').pluck();
    this.#forgotten = database.prepare<[], number>('SELECT 1 FROM forgotten LIMIT 1').pluck();
    this.#count = database.prepare("UPDATE fact SET value = value + ? WHERE key = 'events'");
  }

  /** Returns those that were not there before, within a transaction. `now` in seconds. */
  add(events: readonly CloudEvent[], now: number): readonly CloudEvent[] {
    const someForgotten = this.#forgotten.get() !== undefined;
    const added = events.filter((event) => this.#add(event, now, someForgotten));
    this.#count.run(added.length);
    return added;
  }

  #add(event: CloudEvent, now: number, someForgotten: boolean): boolean {
    const id = idBytes(event.id);
    if (someForgotten && this.#isForgotten.get(id) !== undefined) return false;
    const { service, person, device, address } = keysOf(event);
    const subject = event.subject === undefined ? null : event.subject === service ? '' : event.subject;
    const { changes } = this.#insert.run(
      id,
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
    );
    return changes > 0;
  }
}
