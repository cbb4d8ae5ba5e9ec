// SPDX-License-Identifier: MIT
// Tells that sessions have started and ended: each once, whatever dies between the kernel, the file and the bus.
import type { EventIdentity } from '@nftoggle/bus';
import { eventId } from '@nftoggle/bus';
import { type EventData, eventData, Instant, type SessionUse } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { type Clock, shown } from './clock.ts';
import type { SessionEnd } from './session-end.ts';
import { beginningOf } from './session-id.ts';
import { sessionStarted } from './session-new.ts';
import { formatCovers } from './session-place.ts';
import { type OpenSession, sinceOf, sourceOf } from './sessions.ts';

/** Resolves with true when the event stream has it; see `Bus.publish`. */
export type Publish = <T extends 'session_started' | 'session_ended'>(
  type: T,
  data: EventData<T>,
  service: string,
  identity: EventIdentity,
) => Promise<boolean>;

/** What the event stream is not known to have yet. */
export type Untold = {
  readonly [T in 'session_started' | 'session_ended']: {
    readonly type: T;
    readonly data: EventData<T>;
    readonly identity: EventIdentity;
  };
}['session_started' | 'session_ended'];

export interface TellingOptions {
  readonly publish: Publish;
  /** There is something new that the next life of this process has to know before it is told: see `release`. */
  readonly onNew: () => void;
  /** Something was told for good. */
  readonly onTold: () => void;
  readonly onStarted: (service: string) => void;
  readonly onEnded: (service: string, reason: SessionEnd['reason']) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

interface Entry {
  readonly event: Untold;
  /** The same as JSON. */
  readonly text: string;
  state: 'new' | 'under_way' | 'lost';
}

/**
 * Of more than that the oldest are left to the bus, which may lose them, and to this life alone: the file has to be
 * written, however long the bus is away.
 */
const mostUntold = 5_000;

export class SessionTelling {
  readonly #options: TellingOptions;
  #entries: Entry[] = [];
  #overflows = false;

  constructor(options: TellingOptions) {
    this.#options = options;
  }

  /** For the file. */
  get untold(): readonly Untold[] {
    return this.#entries.map(({ event }) => event);
  }

  /** The same as JSON, each by itself. */
  get texts(): readonly string[] {
    return this.#entries.map(({ text }) => text);
  }

  /** Its id comes from the session's: to tell it twice does no harm. `flow`: the first of the session. */
  started(flow: Parameters<typeof sessionStarted>[0], session: OpenSession): void {
    const identity = {
      id: eventId(beginningOf(session.id), `started ${session.id}`),
      time: new Date(session.since).toISOString(),
    };
    const data = sessionStarted(flow, session, this.#options.clock);
    const isFree = !this.#entries.some(({ state }) => state === 'new');
    this.#add({ type: 'session_started', data, identity });
    this.#options.onStarted(session.service);
    if (isFree) this.release();
  }

  /** `ended`: when it was over, by the clock's `now`. */
  ended(
    session: OpenSession,
    reason: SessionEnd['reason'],
    use: SessionUse,
    cut: number,
    ended: number,
  ): void {
    const { clock, onEnded } = this.#options;
    const since = sinceOf(session, clock);
    // When nobody was there to see it, that is told by a file's time.
    const at = shown(clock, Math.max(ended, session.began));
    const data = { ...endOf(session, reason, use, cut, since), ended: at };
    this.#add({ type: 'session_ended', data, identity: endIdentity(data, clock) });
    onEnded(session.service, reason);
  }

  /** What a life before did not get rid of, in its order. */
  takeOver(untold: readonly Untold[]): void {
    this.#entries = [...untold.map(entryOf), ...this.#entries];
    this.#options.onNew();
  }

  /** These are in the file, or cannot be: they may be told. */
  release(written: readonly Untold[] = this.untold): void {
    const known = new Set(written);
    this.#tellAll(({ event, state }) => state === 'new' && known.has(event));
  }

  /** What was lost on the way is told again. */
  again(): void {
    this.#tellAll(({ state }) => state === 'lost');
  }

  #tellAll(isMeant: (entry: Entry) => boolean): void {
    for (const entry of this.#entries.filter(isMeant)) {
      entry.state = 'under_way';
      void this.#tell(entry);
    }
  }

  #add(event: Untold): void {
    this.#entries.push(entryOf(event));
    // What is new was told to nobody yet; there is no more of it than there were sessions.
    if (this.#entries.length > mostUntold && this.#entries[0]?.state !== 'new') this.#leaveOldest();
    this.#options.onNew();
  }

  #leaveOldest(): void {
    this.#entries.shift();
    if (!this.#overflows)
      this.#options.log.warn('too many events about sessions wait: a restart will not know the oldest');
    this.#overflows = true;
  }

  async #tell(entry: Entry): Promise<void> {
    const { publish, onTold, log } = this.#options;
    try {
      if (await publishOne(publish, entry.event)) {
        this.#entries = this.#entries.filter((other) => other !== entry);
        if (this.#entries.length === 0) this.#overflows = false;
        onTold();
        return;
      }
    } catch (err) {
      log.error({ err }, 'an event about a session could not be made');
    }
    entry.state = 'lost';
  }
}

function entryOf(event: Untold): Entry {
  return { event, text: JSON.stringify(event), state: 'new' };
}

function publishOne(publish: Publish, event: Untold): Promise<boolean> {
  return event.type === 'session_started'
    ? publish(event.type, event.data, event.data.service, event.identity)
    : publish(event.type, event.data, event.data.service, event.identity);
}

function endOf(
  session: OpenSession,
  reason: SessionEnd['reason'],
  use: SessionUse,
  cut: number,
  since: number,
): Omit<EventData<'session_ended'>, 'ended'> {
  return {
    session: session.id,
    service: session.service,
    source: sourceOf(session),
    covers: formatCovers(session),
    who: session.who,
    rule: session.rule,
    reason,
    since: new Date(since).toISOString(),
    use,
    cut,
  };
}

function endIdentity({ session, ended }: EventData<'session_ended'>, clock: Clock): EventIdentity {
  return {
    id: eventId(Date.parse(ended), `ended ${session}`),
    time: new Date(clock.wall()).toISOString(),
  };
}

/** Undefined for what is no such event. */
export function readUntold(value: unknown): Untold | undefined {
  const { type, data, identity } = (value ?? {}) as Record<string, unknown>;
  const { id, time } = (identity ?? {}) as Record<string, unknown>;
  if (type !== 'session_started' && type !== 'session_ended') return undefined;
  if (typeof id !== 'string' || !/^[0-9a-f-]{36}$/.test(id) || !Instant.safeParse(time).success)
    return undefined;
  const read = eventData[type].safeParse(data).data;
  return read === undefined ? undefined : ({ type, data: read, identity: { id, time } } as Untold);
}
