// SPDX-License-Identifier: MIT
import type { Msg } from '@nats-io/transport-node';
import type { CloudEvent, EventReader } from '@nftoggle/contracts';
import { readMessage } from './envelope.ts';
import type { EventHandler, EventReading } from './event-reading.ts';
import { ackWait, readsOneByOne } from './event-stream.ts';
import { pause, retryDelay } from './pause.ts';
import type { Online, Presence } from './presence.ts';
import { ReaderCalls, sequenceOf } from './reader-calls.ts';
import type { Replies } from './replies.ts';
import { Trouble } from './trouble.ts';

export interface ReadingOptions {
  readonly reader: EventReader;
  readonly atMost: number;
  readonly handle: EventHandler;
  readonly presence: Presence;
  readonly replies: Replies;
  readonly inboxPrefix: string;
  readonly report: (problem: string) => void;
}

/** Until what was not handled comes again, in milliseconds. */
const againAfter = 1_000;
/** How long an acknowledgement is tried, in milliseconds. */
const acknowledgePatience = 5_000;
/** How long a place may be missing before that is news, in milliseconds: its keeper may start after us. */
const patience = 10_000;

/** Reads the event stream at a place of its own, over every outage, until it is stopped. */
export class Reading implements EventReading {
  readonly #options: ReadingOptions;
  readonly #calls: ReaderCalls;
  readonly #trouble: Trouble;
  readonly #failing: Trouble;
  readonly #unknown = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  /** Until the next try, in milliseconds. */
  #wait: number = retryDelay.first;

  constructor(options: ReadingOptions) {
    const { reader, inboxPrefix, replies, report } = options;
    this.#options = options;
    this.#calls = new ReaderCalls(reader, inboxPrefix, replies);
    this.#trouble = new Trouble(patience, (problem) => report(`${reader.name}: cannot be read: ${problem}`));
    this.#failing = new Trouble(0, (problem) => report(`${reader.name}: events come again: ${problem}`));
    this.#ended = this.#run();
  }

  stop(): Promise<void> {
    this.#stopping.abort(new Error('the reading was stopped'));
    return this.#ended;
  }

  async waiting(): Promise<number | null> {
    const online = this.#options.presence.now;
    if (online === undefined) return null;
    try {
      const { num_pending, num_ack_pending } = await this.#calls.info(online);
      return num_pending + num_ack_pending;
    } catch {
      return null;
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const online = await this.#options.presence.online(signal).catch(() => undefined);
      if (online === undefined) return;
      try {
        await this.#calls.info(online);
        await (readsOneByOne(this.#options.reader) ? this.#readOneByOne(online) : this.#readAll(online));
      } catch (error) {
        if (online.broken.aborted || signal.aborted) continue;
        this.#trouble.goesOn((error as Error).message);
        await pause(this.#wait, signal, online.broken);
        this.#wait = Math.min(2 * this.#wait, retryDelay.most);
      }
    }
  }

  /** Something was read, or there is nothing to read: that there is a place alone does not say that it can be read by. */
  #flows(): void {
    this.#trouble.isOver();
    this.#wait = retryDelay.first;
  }

  #isOver({ broken }: Online): boolean {
    return broken.aborted || this.#stopping.signal.aborted;
  }

  /** Others may read at the same place. The server hands out the next event when this one is acknowledged. */
  async #readOneByOne(online: Online): Promise<void> {
    const { signal } = this.#stopping;
    while (!this.#isOver(online)) {
      const message = await this.#calls.next(online, signal);
      if (message !== undefined && signal.aborted) this.#calls.refuse(online, message, 0);
      else if (message !== undefined) await this.#readOne(message);
      this.#flows();
    }
  }

  async #readOne(message: Msg): Promise<void> {
    const isDone = await this.#handle([message], [message]);
    const { presence } = this.#options;
    if (isDone) await this.#acknowledge(message);
    else if (presence.now !== undefined) this.#calls.refuse(presence.now, message, againAfter);
  }

  /** Also on the next connection: the server still knows what it has handed out. If it does not, it comes again. */
  async #acknowledge(message: Msg): Promise<void> {
    const signal = AbortSignal.timeout(acknowledgePatience);
    for (let wait: number = retryDelay.first; !signal.aborted; wait *= 2) {
      try {
        await this.#calls.acknowledge(await this.#options.presence.online(signal), message);
        return;
      } catch {
        await pause(wait, signal);
      }
    }
  }

  /**
   * An acknowledgement stands for all events before it as well, so nothing is handled while an earlier event is
   * elsewhere: handed to us before the connection broke, or to somebody else. Then all that is not acknowledged is
   * asked for again, and comes first.
   */
  async #readAll(online: Online): Promise<void> {
    const { signal } = this.#stopping;
    let owed = await this.#calls.rewind(online);
    while (!this.#isOver(online)) {
      const messages = inOrder(await this.#some(online, Math.max(this.#options.atMost, owed)));
      if (this.#isOver(online)) return;
      owed = 0;
      const isNext = await this.#calls.isNext(online, messages.map(sequenceOf));
      if (isNext) this.#flows();
      if (isNext && (await this.#handleAll(online, messages))) continue;
      // By chance, so that two who take them from each other come to an end.
      await pause(isNext ? againAfter : Math.random() * retryDelay.first, signal, online.broken);
      if (!this.#isOver(online)) owed = await this.#calls.rewind(online);
    }
  }

  /** What is there, or what comes next and what came with it; nothing when nothing comes for half a minute. */
  async #some(online: Online, atMost: number): Promise<readonly Msg[]> {
    const { signal } = this.#stopping;
    const there = await this.#calls.whatIsThere(online, atMost, signal);
    if (there.length > 0) return there;
    const next = await this.#calls.next(online, signal);
    if (next === undefined || atMost === 1) return next === undefined ? [] : [next];
    return [next, ...(await this.#calls.whatIsThere(online, atMost - 1, signal))];
  }

  /** False when some are to come again. */
  async #handleAll(online: Online, messages: readonly Msg[]): Promise<boolean> {
    const { atMost } = this.#options;
    for (let first = 0; first < messages.length; first += atMost) {
      if (this.#isOver(online)) return false;
      const some = messages.slice(first, first + atMost);
      const last = some.at(-1);
      if (!(await this.#handle(some, messages.slice(first))) || online.broken.aborted) return false;
      if (last !== undefined) await this.#calls.acknowledge(online, last);
    }
    return true;
  }

  /** @param held what must not come again meanwhile */
  async #handle(messages: readonly Msg[], held: readonly Msg[]): Promise<boolean> {
    const events = messages.flatMap((message) => this.#read(message) ?? []);
    if (events.length === 0) return true;
    const working = setInterval(() => {
      const online = this.#options.presence.now;
      if (online !== undefined) this.#calls.working(online, held);
    }, ackWait / 3);
    try {
      await this.#options.handle(events, this.#stopping.signal);
      this.#failing.isOver();
      return true;
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#failing.goesOn((error as Error).message);
      return false;
    } finally {
      clearInterval(working);
    }
  }

  /** What cannot be read, of a newer version say, would not be read later either. */
  #read({ subject, data }: Msg): CloudEvent | undefined {
    const event = readMessage(subject, data);
    if (event !== undefined) return event;
    const kind = subject.split('.').slice(3, 5).join('.');
    if (!this.#unknown.has(kind)) {
      this.#options.report(`${this.#options.reader.name}: an event ${kind} of an unknown shape is left out`);
    }
    this.#unknown.add(kind);
    return undefined;
  }
}

/** Each once, as they stand in the stream. */
function inOrder(messages: readonly Msg[]): readonly Msg[] {
  const bySequence = new Map(messages.map((message) => [sequenceOf(message), message]));
  return [...bySequence].sort(([one], [other]) => one - other).map(([, message]) => message);
}
