// SPDX-License-Identifier: MIT
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import {
  type CloudEvent,
  type Daemon,
  type EntryOf,
  type EventData,
  type EventType,
  eventSubject,
  type ReplyOf,
  type RequestName,
  type RequestOf,
  requestSubject,
  requests,
  type StoreName,
  stores,
} from '@nftoggle/contracts';
import { BusStore } from './bus-store.ts';
import { Connector } from './connector.ts';
import { decode, maxMessage } from './decode.ts';
import { envelope, readEvent } from './envelope.ts';
import { BadAnswerError, NoAnswerError } from './errors.ts';
import { inboxPrefix } from './inbox.ts';
import { Outbox } from './outbox.ts';
import { follows, uses } from './permissions.ts';
import { Replies } from './replies.ts';
import type { SharedStore } from './shared-store.ts';

export interface BusOptions {
  readonly url: string;
  readonly user: string;
  readonly password: string;
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
  readonly #outbox = new Outbox();
  readonly #replies: Replies;
  readonly #connector: Connector;
  #connection: NatsConnection | undefined;
  #connected = false;
  #closing: Promise<void> | undefined;

  constructor(options: BusOptions) {
    this.#options = options;
    this.#replies = new Replies(inboxPrefix(options.daemon));
    const { url, user, password, daemon } = options;
    const identity = { servers: url, user, pass: password, name: `nftoggle ${daemon}` };
    const manners = { inboxPrefix: inboxPrefix(daemon), noEcho: true };
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

  /**
   * Resolves when the first connection is made and what is served until then is served; rejects when the
   * server refuses the password (attempts go on: it may become right), and when the bus is closed before.
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
    this.#subscribe((connection) => {
      connection.subscribe(eventSubject(this.#options.node, type), {
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
   * Publishes an event. Never fails for want of a server: the event then waits in the backlog. After an
   * outage an event may arrive twice, with the same id.
   */
  publish<T extends EventType>(type: T, data: EventData<T>, about?: string): void {
    const subject = eventSubject(this.#options.node, type);
    const payload = JSON.stringify(envelope(this.#options, type, data, about));
    if (Buffer.byteLength(payload) > maxMessage) {
      this.#report({ kind: 'error', message: `${type}: an event was too large and is dropped` });
      return;
    }
    this.#outbox.add({ subject, payload });
    if (this.#connection !== undefined && this.#connected) void this.#outbox.deliver(this.#connection);
  }

  /** Stops answering, delivers what is under way, and disconnects. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#stores.values()].map((store) => store.close()));
    const connection = this.#connection;
    if (connection !== undefined && this.#connected) {
      await this.#outbox.deliver(connection);
      await connection.drain().catch(() => connection.close());
    } else await connection?.close();
    await this.#connector.stop();
    this.#report({ kind: 'closed' });
  }

  #open(connection: NatsConnection): void {
    this.#connection = connection;
    this.#replies.listen(connection);
    for (const subscribe of this.#served) subscribe(connection);
  }

  #up(connection: NatsConnection): void {
    this.#connected = true;
    this.#report({ kind: 'connected' });
    void this.#outbox.deliver(connection);
    if (this.#closing !== undefined) return;
    for (const store of this.#stores.values()) store.up(connection);
    for (const listener of this.#listeners) this.#call('onConnected', listener);
  }

  #down(): void {
    if (!this.#connected) return;
    this.#connected = false;
    for (const store of this.#stores.values()) store.down();
    if (this.#closing === undefined) this.#report({ kind: 'disconnected' });
  }

  async #ask(connection: NatsConnection, name: RequestName, payload: string): Promise<Msg> {
    const subject = requestSubject(this.#options.node, name);
    try {
      return await this.#replies.ask(connection, subject, payload, requests[name].deadline);
    } catch (cause) {
      throw new NoAnswerError(`${name}: ${(cause as Error).message}`, { cause });
    }
  }

  async #answer<N extends RequestName>(name: N, handler: Handler<N>, message: Msg): Promise<void> {
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
      bucket: { name: bucket, about, maxBytes, node, inboxPrefix: inboxPrefix(daemon) },
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
