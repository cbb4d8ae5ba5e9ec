// SPDX-License-Identifier: MIT
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import {
  type CloudEvent,
  type Daemon,
  type EntryOf,
  type EventData,
  type EventReader,
  type EventType,
  eventPattern,
  eventSubject,
  eventTypes,
  type ReplyOf,
  type RequestName,
  type RequestOf,
  requestSubject,
  requests,
  type ShelfEntry,
  type ShelfName,
  type StoreName,
  shelves,
  stores,
} from '@nftoggle/contracts';
import { BusShelf } from './bus-shelf.ts';
import { BusStore, type Schema } from './bus-store.ts';
import { Connector } from './connector.ts';
import { decode, maxPayload } from './decode.ts';
import { type EventIdentity, envelope, readEvent } from './envelope.ts';
import { BadAnswerError, NoAnswerError } from './errors.ts';
import { EventKeeper } from './event-keeper.ts';
import { Reading } from './event-reader.ts';
import type { EventHandler, EventReading } from './event-reading.ts';
import { inboxPrefix } from './inbox.ts';
import { authenticatorOf } from './key.ts';
import { Outbox } from './outbox.ts';
import { pause } from './pause.ts';
import { follows, hearsAll, keepsEvents, publishes, uses, usesShelf } from './permissions.ts';
import { Presence } from './presence.ts';
import { Replies } from './replies.ts';
import type { SharedStore } from './shared-store.ts';
import type { Shelf } from './shelf.ts';

export interface BusOptions {
  readonly url: string;
  /** Of the key by which the server knows this daemon; empty for a server that asks for none. */
  readonly seed: string;
  /** The `<node>` of every subject. */
  readonly node: string;
  readonly daemon: Daemon;
  /** Called once for each change of the connection, and for what the server refuses. Must not throw. */
  readonly onStatus?: (status: BusStatus) => void;
}

export type BusStatus =
  | { readonly kind: 'connected' | 'disconnected' | 'closed' }
  | { readonly kind: 'error'; readonly message: string };

export type Handler<N extends RequestName> = (request: RequestOf<N>) => ReplyOf<N> | Promise<ReplyOf<N>>;

/** How long a bus that is closed waits for those who handle events, in milliseconds. */
const stopDeadline = 2_000;

/** May take its time: the next event does not wait for it. */
export type Follower<T extends EventType> = (event: CloudEvent<T>) => void | Promise<void>;

/**
 * A daemon's place on NATS. It exists before the server does and outlives every outage: it reconnects
 * for ever, requests made meanwhile fail at once, and events wait in a bounded backlog, in order.
 */
export class Bus {
  readonly #options: BusOptions;
  readonly #served: ((connection: NatsConnection) => void)[] = [];
  readonly #stores = new Map<StoreName, BusStore<unknown>>();
  readonly #listeners: (() => void)[] = [];
  readonly #readings = new Set<Reading>();
  readonly #keepers = new Set<EventKeeper>();
  readonly #presence = new Presence();
  readonly #replies: Replies;
  /** To what the server itself is told; nobody waits for them when the connection breaks. */
  readonly #receipts: Replies;
  readonly #outbox: Outbox;
  readonly #connector: Connector;
  #connection: NatsConnection | undefined;
  #connected = false;
  #closing: Promise<void> | undefined;

  /** @throws TypeError when the seed is none of a NATS user */
  constructor(options: BusOptions) {
    this.#options = options;
    this.#replies = new Replies(options.daemon);
    this.#receipts = new Replies(options.daemon);
    this.#outbox = new Outbox({
      presence: this.#presence,
      replies: this.#receipts,
      report: (message) => this.#report({ kind: 'error', message }),
      onStall: () => {
        for (const keeper of this.#keepers) keeper.update();
      },
    });
    const { url, seed, daemon } = options;
    const identity = {
      servers: url,
      name: `nftoggle ${daemon}`,
      ...(seed !== '' && { authenticator: authenticatorOf(seed) }),
    };
    // What the client library asks by itself is for the server.
    const manners = { inboxPrefix: inboxPrefix(daemon, 'nats'), noEcho: true };
    this.#connector = new Connector(
      { ...identity, ...manners },
      {
        opened: (connection) => this.#open(connection),
        up: (connection) => this.#up(connection),
        down: () => this.#down(),
        error: (message) => this.#report({ kind: 'error', message }),
      },
    );
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Events that wait to be taken by the event stream. */
  get backlog(): number {
    return this.#outbox.backlog;
  }

  /** Events that were lost because too many waited. */
  get dropped(): number {
    return this.#outbox.dropped;
  }

  /**
   * Resolves when the first connection is made and what is served until then is served; rejects when the
   * server refuses the key (attempts go on: it may become right), and when the bus is closed before.
   */
  get ready(): Promise<void> {
    return this.#connector.first;
  }

  /**
   * Asks a question of the table and waits at most its deadline.
   * @throws NoAnswerError when nobody answered in time
   * @throws BadAnswerError when the answer is not of the promised shape
   */
  async request<N extends RequestName>(name: N, request: RequestOf<N>): Promise<ReplyOf<N>> {
    const connection = this.#connection;
    if (connection === undefined || !this.#connected) throw new NoAnswerError('the bus is not connected');
    const reply = await this.#ask(connection, name, JSON.stringify(request));
    const parsed = requests[name].reply.safeParse(decode(reply.data));
    if (!parsed.success) throw new BadAnswerError(`${name}: ${parsed.error.issues[0]?.message ?? 'no JSON'}`);
    return parsed.data as ReplyOf<N>;
  }

  /**
   * Answers a question of the table, now and after each reconnect. Replicas of one daemon share the
   * questions (queue group). A request of the wrong shape, and a handler that throws, get no answer: the
   * caller's fallback is the safe outcome.
   */
  serve<N extends RequestName>(name: N, handler: Handler<N>): void {
    const subscribe = (connection: NatsConnection): void => {
      connection.subscribe(requestSubject(this.#options.node, name), {
        queue: requests[name].server,
        callback: (error, message) => {
          if (error === null) void this.#answer(name, handler, message);
        },
      });
    };
    this.#subscribe(subscribe);
  }

  /**
   * Hears an event of the table, now and after each reconnect; every replica hears each. One of the wrong shape is
   * reported and ignored, and so is a follower that throws. Nothing keeps events for one who is away: see
   * `onConnected`. An event may come twice, with the same id.
   * @throws TypeError when the table does not name this daemon as a follower
   */
  follow<T extends EventType>(type: T, follower: Follower<T>): void {
    const { daemon } = this.#options;
    if (!follows(daemon, type)) throw new TypeError(`${daemon} does not follow ${type}`);
    this.#hear(type, follower);
  }

  #hear<T extends EventType>(type: T, follower: Follower<T>): void {
    this.#subscribe((connection) => {
      connection.subscribe(eventPattern(this.#options.node, type), {
        callback: (error, message) => {
          if (error === null) void this.#follow(type, follower, message);
        },
      });
    });
  }

  /**
   * Called after each connection that is made from now on: what is served and followed is in place again, and
   * events may have been missed. A throw is reported.
   */
  onConnected(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * A store of the table; the same one each time.
   * @throws TypeError when the table does not name this daemon as a user
   */
  store<N extends StoreName>(name: N): SharedStore<EntryOf<N>> {
    const store = this.#stores.get(name) ?? this.#openStore(name);
    return store as unknown as SharedStore<EntryOf<N>>;
  }

  /**
   * Publishes an event. Never fails for want of a server: the event then waits in the backlog, in order. Who follows
   * it hears it as soon as there is a connection, and once more, with the same id, when the event stream did not take
   * it at once.
   * @param identity where the same event may have to be published again by a later life of this process
   * @returns true when the event stream has it; false when it was lost, since the backlog was full or the bus
   * was closed. Never rejects, and takes as long as the bus is away.
   * @throws TypeError when the table does not name this daemon as a publisher
   * @throws ZodError when the data is not what the table promises
   */
  publish<T extends EventType>(
    type: T,
    data: EventData<T>,
    about?: string,
    identity?: EventIdentity,
  ): Promise<boolean> {
    const { daemon, node } = this.#options;
    if (!publishes(daemon, type)) throw new TypeError(`${daemon} does not publish ${type}`);
    const event = envelope(this.#options, type, data, about, identity);
    const payload = JSON.stringify(event);
    if (Buffer.byteLength(payload) > maxPayload) {
      this.#report({ kind: 'error', message: `${type}: an event was too large and is dropped` });
      return Promise.resolve(false);
    }
    return this.#outbox.add({ id: event.id, subject: eventSubject(node, type, data), payload });
  }

  /**
   * Hears every event as it happens, as `follow` does one type. For api alone.
   * @throws TypeError for another daemon
   */
  followAll(follower: (event: CloudEvent) => void): void {
    const { daemon } = this.#options;
    if (!hearsAll(daemon)) throw new TypeError(`${daemon} does not follow all events`);
    for (const type of eventTypes) this.#hear(type, follower);
  }

  /**
   * Reads the event stream at a place of its own, now and after each reconnect, until it is stopped.
   * @param atMost events for one call of `handle`
   * @throws TypeError when the place is another daemon's
   */
  readEvents(reader: EventReader, atMost: number, handle: EventHandler): EventReading {
    const { daemon } = this.#options;
    if (reader.daemon !== daemon) throw new TypeError(`${daemon} does not read as ${reader.name}`);
    const reading = new Reading({
      reader,
      atMost,
      handle,
      presence: this.#presence,
      replies: this.#receipts,
      inboxPrefix: inboxPrefix(daemon, 'nats'),
      report: (message) => this.#report({ kind: 'error', message }),
    });
    this.#readings.add(reading);
    return reading;
  }

  /**
   * Makes the event stream and the shelves, and their readers what `readers` says, at each connection and after
   * each `update`; tried again until it works. For the keeper of the stream alone.
   * @throws TypeError for another daemon
   */
  keepEvents(readers: () => readonly EventReader[]): { update(): void } {
    const { daemon } = this.#options;
    if (!keepsEvents(daemon)) throw new TypeError(`${daemon} does not keep the events`);
    const report = (message: string): void => this.#report({ kind: 'error', message });
    const keeper = new EventKeeper({ presence: this.#presence, readers, report });
    this.#keepers.add(keeper);
    return keeper;
  }

  /** @throws TypeError when the table does not name this daemon as a user */
  shelf<N extends ShelfName>(name: N): Shelf<ShelfEntry<N>> {
    const { daemon, node } = this.#options;
    if (!usesShelf(daemon, name)) throw new TypeError(`${daemon} does not use ${name}`);
    const report = (message: string): void => this.#report({ kind: 'error', message });
    const entry = shelves[name].entry as unknown as Schema<ShelfEntry<N>>;
    return new BusShelf({ name, node, entry, presence: this.#presence, report });
  }

  /** Stops answering, delivers what is under way, and disconnects. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // A handler that does not end is left behind; what it has comes again.
    const readings = Promise.all([...this.#readings].map((reading) => reading.stop()));
    const waiting = new AbortController();
    await Promise.race([readings, pause(stopDeadline, waiting.signal)]);
    waiting.abort();
    await Promise.all([...this.#stores.values(), ...this.#keepers].map((each) => each.close()));
    await this.#outbox.close();
    const connection = this.#connection;
    if (connection !== undefined && this.#connected) {
      await connection.drain().catch(() => connection.close());
    } else await connection?.close();
    await this.#connector.stop();
    this.#report({ kind: 'closed' });
  }

  #open(connection: NatsConnection): void {
    this.#connection = connection;
    this.#replies.listen(connection);
    this.#receipts.listen(connection);
    for (const subscribe of this.#served) subscribe(connection);
  }

  #up(connection: NatsConnection): void {
    this.#connected = true;
    this.#report({ kind: 'connected' });
    this.#presence.up(connection);
    this.#outbox.deliver();
    if (this.#closing !== undefined) return;
    for (const store of this.#stores.values()) store.up(connection);
    for (const listener of this.#listeners) this.#call('onConnected', listener);
  }

  #down(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#presence.down();
    this.#receipts.giveUp('the connection broke');
    for (const store of this.#stores.values()) store.down();
    if (this.#closing === undefined) this.#report({ kind: 'disconnected' });
  }

  async #ask(connection: NatsConnection, name: RequestName, payload: string): Promise<Msg> {
    const { server, deadline } = requests[name];
    const subject = requestSubject(this.#options.node, name);
    try {
      return await this.#replies.ask(connection, { subject, payload, answerer: server }, deadline);
    } catch (cause) {
      throw new NoAnswerError(`${name}: ${(cause as Error).message}`, { cause });
    }
  }

  async #answer<N extends RequestName>(name: N, handler: Handler<N>, message: Msg): Promise<void> {
    // An answer goes where the asker says, who must not be able to have us say anything else than answers.
    if (!isInbox(name, message.reply ?? '')) return;
    const request = requests[name].request.safeParse(decode(message.data));
    if (!request.success) {
      this.#report({ kind: 'error', message: `${name}: a request of the wrong shape was ignored` });
      return;
    }
    try {
      message.respond(JSON.stringify(await handler(request.data as RequestOf<N>)));
    } catch (error) {
      this.#report({ kind: 'error', message: `${name}: ${(error as Error).message}` });
    }
  }

  async #follow<T extends EventType>(type: T, follower: Follower<T>, message: Msg): Promise<void> {
    const event = readEvent(type, decode(message.data));
    if (event === undefined) {
      this.#report({ kind: 'error', message: `${type}: an event of the wrong shape was ignored` });
    } else await this.#call(type, () => follower(event));
  }

  #subscribe(subscribe: (connection: NatsConnection) => void): void {
    this.#served.push(subscribe);
    if (this.#connection !== undefined) subscribe(this.#connection);
  }

  #openStore(name: StoreName): BusStore<unknown> {
    const { bucket, maxBytes, about, entry } = stores[name];
    const { node, daemon } = this.#options;
    if (!uses(daemon, name)) throw new TypeError(`${daemon} does not use ${name}`);
    const store = new BusStore<unknown>({
      name,
      bucket: { name: bucket, about, maxBytes, node, inboxPrefix: inboxPrefix(daemon, 'nats') },
      entry,
      report: (message) => this.#report({ kind: 'error', message }),
    });
    this.#stores.set(name, store);
    if (this.#connection !== undefined && this.#connected) store.up(this.#connection);
    return store;
  }

  async #call(what: string, callee: () => void | Promise<void>): Promise<void> {
    try {
      await callee();
    } catch (error) {
      this.#report({ kind: 'error', message: `${what}: ${(error as Error).message}` });
    }
  }

  #report(status: BusStatus): void {
    this.#options.onStatus?.(status);
  }
}

/** Whether an answer to that question may go there. */
function isInbox(name: RequestName, subject: string): boolean {
  const { callers, server } = requests[name];
  return callers.some((caller) => subject.startsWith(`${inboxPrefix(caller, server)}.`));
}
