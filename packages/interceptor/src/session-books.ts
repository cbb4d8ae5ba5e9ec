// SPDX-License-Identifier: MIT
// What is known of sessions beside what they may: what they were used for, what was told of them, and what the next
// life of this process has to know.
import type { Config } from '@nftoggle/config';
import type { EndReason, SessionUse } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { after, type Clock } from './clock.ts';
import type { Guard } from './guard.ts';
import type { Use } from './metering/meter.ts';
import { SessionUses } from './metering/session-uses.ts';
import { UseWatch } from './metering/use-watch.ts';
import type { ConntrackFlow } from './native.ts';
import type { SessionEnding } from './session-ending.ts';
import type { MemoryText, SessionMemory } from './session-file.ts';
import { SessionKeeping } from './session-keeping.ts';
import { planTakeOver, takeOver } from './session-take-over.ts';
import { type Publish, SessionTelling, type Untold } from './session-telling.ts';
import { SessionTexts } from './session-texts.ts';
import type { OpenSession, Sessions } from './sessions.ts';

export interface SessionBooksOptions {
  readonly sessions: Sessions;
  readonly guard: Pick<Guard, 'letIn' | 'serviceOf' | 'watch'>;
  /** What the next life of this process is told; null for nothing. */
  readonly memory: SessionMemory | null;
  readonly settings: () => Config['metering'];
  /** What is to be charged. */
  readonly onUsed: (uses: readonly Use[]) => void;
  readonly publish: Publish;
  /** For the metrics. */
  readonly onStarted: (service: string) => void;
  readonly onEnded: (service: string, reason: EndReason) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

/** What is written, and which events are in it. */
interface Content extends MemoryText {
  readonly events: readonly Untold[];
}

export class SessionBooks {
  readonly telling: SessionTelling;
  readonly #options: SessionBooksOptions;
  readonly #uses: SessionUses;
  readonly #watch: UseWatch;
  readonly #texts: SessionTexts;
  readonly #keeping: SessionKeeping<Content> | null;

  constructor(options: SessionBooksOptions) {
    const { sessions, memory, clock } = options;
    this.#options = options;
    this.#uses = new SessionUses(clock.now());
    this.#watch = new UseWatch({ ...options, uses: this.#uses });
    this.#texts = new SessionTexts({ ...options, uses: this.#uses });
    this.telling = new SessionTelling({
      ...options,
      onNew: () => (this.#keeping === null ? this.telling.release() : this.#keeping.soon()),
      onTold: () => this.#keeping?.soon(),
    });
    this.#keeping =
      memory === null
        ? null
        : new SessionKeeping({
            memory,
            prepare: () => this.#texts.renew(),
            content: () => this.#content(),
            onWritten: ({ events }) => this.telling.release(events),
            now: clock.now,
            after,
            log: options.log,
          });
    sessions.followChanges((session, isOpen) => this.#note(session, isOpen));
  }

  /** True while a look at all connections would tell something. */
  get isWorthALook(): boolean {
    return this.#options.sessions.size > 0 || this.#uses.hasConnections;
  }

  /** All connections that were let in and are there now. Use is counted up to now. */
  letIn(): ConntrackFlow[] {
    return this.#watch.letIn();
  }

  /** A look that can wait should wait until then, by the clock's `now`. */
  get restUntil(): number {
    return this.#watch.restUntil;
  }

  /** Counts what the kernel told of connections since. */
  hear(): void {
    this.#watch.hear();
  }

  useOf({ id }: OpenSession): SessionUse {
    return this.#uses.of(id);
  }

  /** Since when a session has had no live connection, by the clock's `now`. */
  idleSince({ id }: OpenSession): number {
    return this.#uses.idleSince(id);
  }

  /**
   * Begins with what a life before left.
   * @param inKernel sessions that stand in the kernel; null when our table was not there
   */
  begin(inKernel: readonly OpenSession[] | null, ending: Pick<SessionEnding, 'endIdle'>): void {
    const { guard, clock } = this.#options;
    this.#watch.start();
    const memory = this.#keeping?.read();
    if (memory !== undefined) this.telling.takeOver(memory.untold);
    const isSameTable = inKernel !== null && memory?.isOfThisBoot === true;
    const plan = planTakeOver(inKernel ?? [], memory, isSameTable, clock);
    takeOver(plan, {
      ...this.#options,
      uses: this.#uses,
      ending,
      telling: this.telling,
      serviceOf: (mark) => guard.serviceOf(mark),
      look: () => this.#watch.letIn(true),
    });
    this.#keeping?.soon();
  }

  /** To be called at each tick. */
  tick(): void {
    this.telling.again();
    this.#keeping?.refresh(this.#texts.isStale);
  }

  /** Resolves when the next life has all that it needs. */
  async stop(): Promise<void> {
    this.#watch.stop();
    await this.#keeping?.stop();
  }

  #note(session: OpenSession, isOpen: boolean): void {
    if (isOpen) {
      this.#uses.open(session.id, this.#options.clock.now());
      this.#texts.change(session);
    } else {
      this.#uses.forget(session.id);
      this.#texts.forget(session);
    }
    this.#keeping?.soon();
  }

  /** Sessions and events are of one moment: one that ended is told of, or goes on in the next life, and not both. */
  #content(): Content {
    const { texts, untold } = this.telling;
    return { sessions: this.#texts.list(), untold: texts, events: untold };
  }
}
