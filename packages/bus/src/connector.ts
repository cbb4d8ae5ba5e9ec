// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionOptions, connect, errors, type NatsConnection } from '@nats-io/transport-node';

export interface ConnectorEvents {
  /** A new connection, before anything else is done with it. Called again only when the one before is closed. */
  readonly opened: (connection: NatsConnection) => void;
  /** The connection can be used: it is new, or it is back. */
  readonly up: (connection: NatsConnection) => void;
  readonly down: () => void;
  readonly error: (message: string) => void;
}

/** Milliseconds between two attempts to connect, give or take some. */
const retryDelay = 100;

/**
 * Keeps a connection for as long as it is wanted. The client library reconnects by itself, but it gives up
 * when the server refuses who comes twice, and while it waits for a first connection nothing can stop it;
 * so this goes on where the library ends.
 */
export class Connector {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectorEvents;
  readonly #stopping = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  readonly #ended: Promise<void>;
  #problem = '';

  constructor(options: ConnectionOptions, events: ConnectorEvents) {
    this.#options = {
      ...options,
      // On loopback a handshake that takes longer has failed.
      timeout: 2_000,
      maxReconnectAttempts: -1,
      reconnectTimeWait: retryDelay,
      reconnectJitter: retryDelay / 2,
      pingInterval: 5_000,
      maxPingOut: 2,
    };
    this.#events = events;
    this.#first.promise.catch(() => {});
    this.#ended = this.#run();
  }

  /** Resolves with the first connection; rejects when the server refuses the key, or on `stop`. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  /** Makes no further attempt. The connection that there is must be closed by who uses it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#first.reject(new Error('the bus was closed'));
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#hold(await connect(this.#options));
      } catch (error) {
        this.#refused(error as Error);
      }
      await delay(retryDelay, undefined, { signal }).catch(() => {});
    }
  }

  /** Follows a connection to its end. */
  async #hold(connection: NatsConnection): Promise<void> {
    if (this.#stopping.signal.aborted) return connection.close();
    const statuses = connection.status();
    this.#events.opened(connection);
    // Not awaited: the answer never comes when the connection is closed right here. One that breaks comes back.
    connection.flush().then(
      () => this.#isUp(connection),
      () => {},
    );
    for await (const status of statuses) {
      if (status.type === 'disconnect') this.#events.down();
      else if (status.type === 'reconnect') this.#isUp(connection);
      else if (status.type === 'error') this.#events.error(status.error.message);
    }
    this.#events.down();
  }

  #isUp(connection: NatsConnection): void {
    this.#problem = '';
    this.#events.up(connection);
    this.#first.resolve();
  }

  /** A server that is not there is no news; one that refuses us is, once. */
  #refused(error: Error): void {
    const refused = error instanceof errors.AuthorizationError;
    if (refused) this.#first.reject(error);
    if (refused && error.message !== this.#problem) this.#events.error(error.message);
    this.#problem = error.message;
  }
}
