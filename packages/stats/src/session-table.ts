// SPDX-License-Identifier: MIT
import type { Database, Statement } from 'better-sqlite3';
import type { SessionEnd, SessionFacts } from './event-facts.ts';
import type { Names } from './names.ts';

interface Known {
  readonly seq: number;
  readonly since: number;
  readonly ended: number | null;
}

/** One row for each session, filled by the events of its start and its end in whatever order they come. */
export class SessionTable {
  readonly #names: Names;
  readonly #known: Statement<[string], Known>;
  readonly #insert: Statement;
  readonly #move: Statement<[since: number, seq: number]>;
  readonly #end: Statement;

  constructor(database: Database, names: Names) {
    this.#names = names;
    this.#known = database.prepare('SELECT seq, since, ended FROM session WHERE id = ?');
    this.#insert = database.prepare(
      `INSERT INTO session (id, service, address, mac, device, person, country, rule, since)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#move = database.prepare('UPDATE session SET since = ? WHERE seq = ?');
    this.#end = database.prepare(
      `UPDATE session SET ended = ?, reason = ?, connections = ?, active_ms = ?,
         in_packets = ?, in_bytes = ?, out_packets = ?, out_bytes = ? WHERE seq = ?`,
    );
  }

  /** True when nothing was known of the session. */
  start(facts: SessionFacts): boolean {
    if (this.#known.get(facts.id) !== undefined) return false;
    this.#add(facts);
    return true;
  }

  /** Returns its `seq`. */
  #add(facts: SessionFacts): number {
    const { id, service, address, mac, who, rule, since } = facts;
    const { lastInsertRowid } = this.#insert.run(
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
    return Number(lastInsertRowid);
  }

  /** Whether it is the first that is heard of the session, and of its end. */
  end(
    facts: SessionFacts,
    { at, reason, use }: SessionEnd,
  ): { readonly started: boolean; readonly ended: boolean } {
    const known = this.#known.get(facts.id);
    if (known !== undefined && known.ended !== null) return { started: false, ended: false };
    const seq = known?.seq ?? this.#add(facts);
    // Most indexes have this column: it is not written again for nothing.
    if (known !== undefined && known.since !== facts.since) this.#move.run(facts.since, seq);
    const { connections, active, from_source, to_source } = use;
    this.#end.run(
      at,
      reason,
      connections,
      Math.round(active * 1_000),
      from_source?.packets ?? null,
      from_source?.bytes ?? null,
      to_source?.packets ?? null,
      to_source?.bytes ?? null,
      seq,
    );
    return { started: known === undefined, ended: true };
  }
}
