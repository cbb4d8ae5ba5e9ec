// SPDX-License-Identifier: MIT
import { CommandError, exitCodes } from '../exit-codes.ts';
import { pause } from '../pause.ts';
import { notReachable } from './ask-daemon.ts';
import { NotReachableError } from './daemon-socket.ts';
import type { EventFilter } from './event-filter.ts';
import { type EventRecord, inOrder } from './event-record.ts';
import { type EventStream, openEventStream } from './event-stream.ts';
import { pastEvents } from './past-events.ts';
import { SeenIds } from './seen-ids.ts';

export interface Follow {
  readonly filter: EventFilter;
  /** Where the past begins, as people say it, and how many of its events are wanted. */
  readonly from: string | undefined;
  readonly most: number;
}

export interface FollowListener {
  onEvent(event: EventRecord): void;
  /** What the one who follows should know of what is not an event. */
  onNote(note: string): void;
}

/** Most events that are made up for after an outage. */
const mostMissed = 5_000;
const retryEvery = 1_000;

/**
 * The last events, and then each as it happens, in order, none twice, and none left out between the two: the live ones
 * are heard before the past is asked for. When the daemon goes away it is waited for, and what happened meanwhile is
 * made up for. Returns when `signal` ends it.
 * @throws CommandError when it cannot even begin, or makes no sense to the daemon
 */
export async function followEvents(
  socket: string,
  follow: Follow,
  signal: AbortSignal,
  listener: FollowListener,
): Promise<void> {
  const life = new Following(socket, follow, signal, listener);
  let stream = await life.open().catch(async (error) => {
    throw error instanceof NotReachableError ? await notReachable(socket, error) : error;
  });
  for (;;) {
    const why = await life.tell(stream);
    if (signal.aborted) return;
    listener.onNote(`${why}; waiting until it is back`);
    const again = await life.reopen();
    if (again === undefined) return;
    listener.onNote('it is back');
    stream = again;
  }
}

/** One command's life: what was told, and since when there is something to make up for. */
class Following {
  readonly #socket: string;
  readonly #follow: Follow;
  readonly #signal: AbortSignal;
  readonly #listener: FollowListener;
  readonly #seen = new SeenIds();
  #begun = false;
  /** Times of the oldest event that was told, and of the newest; in milliseconds. */
  #oldest = Date.now();
  #newest = 0;

  constructor(socket: string, follow: Follow, signal: AbortSignal, listener: FollowListener) {
    this.#socket = socket;
    this.#follow = follow;
    this.#signal = signal;
    this.#listener = listener;
  }

  open(): Promise<EventStream> {
    return openEventStream(this.#socket, { ...this.#follow.filter, from: this.#from() }, this.#signal);
  }

  /** Undefined when it was ended while nobody was there. */
  async reopen(): Promise<EventStream | undefined> {
    while (!this.#signal.aborted) {
      await pause(retryEvery, this.#signal);
      try {
        if (!this.#signal.aborted) return await this.open();
      } catch (error) {
        if (isLasting(error) && !this.#signal.aborted) throw error;
      }
    }
    return undefined;
  }

  /** Tells what comes until it ends, and says why it did. */
  async tell(stream: EventStream): Promise<string> {
    try {
      let recent: EventRecord[] | undefined = [];
      for await (const item of stream) {
        if (item === 'quiet') {
          if (recent !== undefined) await this.#tellPast(recent);
          recent = undefined;
        } else if (recent === undefined) this.#tellOnce(item);
        else recent.push(item);
      }
      return 'the daemon has ended';
    } catch (error) {
      if (error instanceof CommandError) throw error;
      return 'the connection to the daemon broke off';
    }
  }

  /** What is stored, and what was not stored yet when the stream began. */
  async #tellPast(recent: readonly EventRecord[]): Promise<void> {
    const most = this.#begun ? mostMissed : this.#follow.most;
    const events = inOrder([...(await this.#stored(most)), ...recent]);
    const told = events.slice(Math.max(0, events.length - most));
    this.#begun = true;
    for (const event of told) this.#tellOnce(event);
  }

  async #stored(most: number): Promise<readonly EventRecord[]> {
    if (most === 0) return [];
    try {
      const { events, more } = await pastEvents(this.#socket, this.#follow.filter, {
        from: this.#from(),
        most,
      });
      const [oldest] = events;
      const isGap = more && this.#begun && oldest !== undefined && !this.#seen.has(oldest.id);
      if (isGap) this.#listener.onNote(`of what was missed, only the newest ${mostMissed} events are shown`);
      return events;
    } catch (error) {
      if (isLasting(error)) throw error;
      this.#listener.onNote(`stats does not answer: ${this.#begun ? lostMeanwhile : lostBefore}`);
      return [];
    }
  }

  /** At first what was asked for; later the last that was told, and what may come out of order behind it. */
  #from(): string | undefined {
    if (!this.#begun) return this.#follow.from;
    const since = Math.max(this.#oldest, this.#newest - outOfOrder);
    // What publishes may have a clock that is ahead of ours.
    return new Date(Math.min(since, Date.now() - outOfOrder)).toISOString();
  }

  #tellOnce(event: EventRecord): void {
    if (!this.#seen.add(event.id)) return;
    const time = Date.parse(event.time);
    this.#oldest = Math.min(this.#oldest, time);
    this.#newest = Math.max(this.#newest, time);
    this.#listener.onEvent(event);
  }
}

/** Milliseconds by which an event may come behind one that is newer. */
const outOfOrder = 5_000;
const lostBefore = 'of the past, only what the api heard itself lately is shown';
const lostMeanwhile = 'events that happened meanwhile may be missing';

/** What waiting does not cure. */
function isLasting(error: unknown): boolean {
  if (error instanceof NotReachableError) return false;
  return !(error instanceof CommandError && error.exitCode === exitCodes.notReachable);
}
