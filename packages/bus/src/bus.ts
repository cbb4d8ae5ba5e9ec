// SPDX-License-Identifier: MIT
import { randomUUID } from 'node:crypto';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import {
  type CloudEvent,
  cloudEvent,
  type Daemon,
  type EventData,
  type EventType,
  eventSubject,
  type ReplyOf,
  type RequestName,
  type RequestOf,
  requestSubject,
  requests,
} from '@nftoggle/contracts';
import { Connector } from './connector.ts';
import { BadAnswerError, NoAnswerError } from './errors.ts';
import { Outbox } from './outbox.ts';
import { Replies } from './replies.ts';

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

/** Larger messages are neither sent nor believed, in bytes. */
export const maxMessage = 256 * 1024;

/**
 * A daemon's place on NATS. It exists before the server does and outlives every outage: it reconnects
 * for ever, requests made meanwhile fail at once, and events wait in a bounded backlog, in order.
 */
export class Bus {
  readonly #options: BusOptions;
  readonly #served: ((connection: NatsConnection) => void)[] = [];
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
    const parsed = requests[name].reply.safeParse(decode(reply));
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
    this.#served.push(subscribe);
    if (this.#connection !== undefined) subscribe(this.#connection);
  }

  /**
   * Publishes an event. Never fails for want of a server: the event then waits in the backlog. After an
   * outage an event may arrive twice, with the same id.
   */
  publish<T extends EventType>(type: T, data: EventData<T>, about?: string): void {
    const subject = eventSubject(this.#options.node, type);
    const payload = JSON.stringify(eventSchema(type).parse(this.#envelope(type, data, about)));
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
  }

  #down(): void {
    if (!this.#connected) return;
    this.#connected = false;
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
    const request = requests[name].request.safeParse(decode(message));
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

  #envelope<T extends EventType>(type: T, data: EventData<T>, about: string | undefined): CloudEvent<T> {
    return {
      specversion: '1.0',
      id: randomUUID(),
      source: `/nftoggle/${this.#options.node}/${this.#options.daemon}`,
      type,
      ...(about === undefined ? {} : { subject: about }),
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data,
    };
  }

  #report(status: BusStatus): void {
    this.#options.onStatus?.(status);
  }
}

/** Replies to a daemon's requests come back below this, and no other user may listen there. */
export function inboxPrefix(daemon: Daemon): string {
  return `_INBOX_${daemon}`;
}

/** Making a schema costs more than using it, so each is made once. */
const eventSchemas = new Map<EventType, ReturnType<typeof cloudEvent>>();

function eventSchema(type: EventType): ReturnType<typeof cloudEvent> {
  const schema = eventSchemas.get(type) ?? cloudEvent(type);
  eventSchemas.set(type, schema);
  return schema;
}

function decode(message: Msg): unknown {
  if (message.data.length > maxMessage) return undefined;
  try {
    return message.json();
  } catch {
    // Not JSON: undefined fits no schema, and the caller reports it as a wrong shape.
    return undefined;
  }
}
