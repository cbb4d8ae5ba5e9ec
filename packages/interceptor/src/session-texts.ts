// SPDX-License-Identifier: MIT
// Sessions as the file has them: the text of each, made anew when something about it has changed, a few at a time.
import type { SessionId } from '@nftoggle/contracts';
import type { Clock } from './clock.ts';
import { ClockWatch } from './clock-watch.ts';
import type { SessionUses } from './metering/session-uses.ts';
import { recordOf } from './session-records.ts';
import type { OpenSession, Sessions } from './sessions.ts';

export interface SessionTextsOptions {
  readonly sessions: Sessions;
  readonly uses: SessionUses;
  readonly clock: Clock;
}

/** Texts that are made before others have their turn: about a millisecond. */
const slice = 64;

export class SessionTexts {
  readonly #options: SessionTextsOptions;
  readonly #texts = new Map<SessionId, string>();
  readonly #stale = new Set<SessionId>();
  /** Texts tell moments by the clock on the wall. */
  readonly #clockWatch: ClockWatch;

  constructor(options: SessionTextsOptions) {
    this.#options = options;
    this.#clockWatch = new ClockWatch(options.clock);
  }

  /** True while `renew` would change anything. */
  get isStale(): boolean {
    this.#collect();
    return this.#stale.size > 0;
  }

  change({ id }: OpenSession): void {
    this.#stale.add(id);
  }

  forget({ id }: OpenSession): void {
    this.#texts.delete(id);
    this.#stale.delete(id);
  }

  /** Brings the texts up to the moment of the first step. What changes between two steps is for the next time. */
  *renew(): Generator<void> {
    const { sessions, uses, clock } = this.#options;
    this.#collect();
    const stale = sessions.list().filter(({ id }) => this.#stale.has(id));
    this.#stale.clear();
    // Use and counters are of one moment, or bytes would count twice in the next life, or not at all.
    const records = uses.records(new Set(stale.map(({ id }) => id)));
    for (const [i, session] of stale.entries()) {
      const known = records.get(session.id);
      // One that was replaced meanwhile is stale again; one that ended has no text.
      if (known !== undefined && sessions.isCurrent(session))
        this.#texts.set(session.id, JSON.stringify(recordOf(session, known, clock)));
      if (i % slice === slice - 1) yield;
    }
  }

  /** Of every session that is open. */
  list(): string[] {
    const { sessions, uses, clock } = this.#options;
    const missing = sessions.list().filter(({ id }) => !this.#texts.has(id));
    const records = uses.records(new Set(missing.map(({ id }) => id)));
    for (const session of missing) {
      const known = records.get(session.id);
      if (known !== undefined) this.#texts.set(session.id, JSON.stringify(recordOf(session, known, clock)));
    }
    return [...this.#texts.values()];
  }

  #collect(): void {
    const { sessions, uses } = this.#options;
    for (const id of uses.takeChanged()) this.#stale.add(id);
    if (this.#clockWatch.wasSet()) for (const { id } of sessions.list()) this.#stale.add(id);
  }
}
