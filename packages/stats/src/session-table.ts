// SPDX-License-Identifier: MIT
import type { Database, Statement } from 'better-sqlite3';
import type { SessionEnd, SessionFacts } from './event-facts.ts';
import type { Names } from './names.ts';

interface Known {
  readonly ended: number | null;
}

/** One row for each session, filled by the events of its start and its end in whatever order they come. */
export class SessionTable {
  readonly #names: Names;
  readonly #known: Statement<[string], Known>;
  readonly #insert: Statement;
  readonly #end: Statement;

  constructor(database: Database, names: Names) {
    this.#names = names;
    this.#known = database.prepare('SELECT ended FROM session WHERE id = ?');
    this.#insert = database.prepare(
      `INSERT INTO session (id, service, address, mac, device, person, country, rule, since)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#end = database.prepare(
      `UPDATE session SET since = ?, ended = ?, reason = ?, connections = ?, active_ms = ?,
         in_packets = ?, in_bytes = ?, out_packets = ?, out_bytes = ? WHERE id = ?`,
    );
  }

  /** True when nothing was known of the session. */
  start(facts: SessionFacts): boolean {
    if (this.#known.get(facts.id) !== undefined) return false;
    this.#add(facts);
    return true;
  }

  #add(facts: SessionFacts): void {
    const { id, service, address, mac, who, rule, since } = facts;
    this.#insert.run(
      id,
      this.#names.idOf('service', service),
      address,
      mac,
      who.device === null ? null : this.#names.idOf('device', who.device),
      who.person === null ? null : this.#names.idOf('person', who.person),
      who.country === null ? null : this.#names.idOf('country', who.country),
      rule,
      since,
    );
  }

  /** Whether it is the first that is heard of the session, and of its end. */
  end(
    facts: SessionFacts,
    { at, reason, use }: SessionEnd,
  ): { readonly started: boolean; readonly ended: boolean } {
    const known = this.#known.get(facts.id);
    if (known !== undefined && known.ended !== null) return { started: false, ended: false };
    if (known === undefined) this.#add(facts);
    const { connections, active, from_source, to_source } = use;
    this.#end.run(
      facts.since,
      at,
      reason,
      connections,
      Math.round(active * 1_000),
      from_source?.packets ?? null,
      from_source?.bytes ?? null,
      to_source?.packets ?? null,
      to_source?.bytes ?? null,
      facts.id,
    );
    return { started: known === undefined, ended: true };
  }
}
