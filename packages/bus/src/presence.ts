// SPDX-License-Identifier: MIT
import type { NatsConnection } from '@nats-io/transport-node';

/** A connection that can be used, until it breaks. */
export interface Online {
  readonly connection: NatsConnection;
  /** Aborted when the connection breaks. It may come back; that is another `Online`. */
  readonly broken: AbortSignal;
}

/** Whether the server is there: for what goes on for longer than a connection. */
export class Presence {
  readonly #waiting = new Set<(online: Online) => void>();
  #online: Online | undefined;
  #breaking = new AbortController();

  get now(): Online | undefined {
    return this.#online;
  }

  up(connection: NatsConnection): void {
    this.down();
    this.#breaking = new AbortController();
    const online = { connection, broken: this.#breaking.signal };
    this.#online = online;
    for (const resolve of this.#waiting) resolve(online);
    this.#waiting.clear();
  }

  down(): void {
    this.#online = undefined;
    this.#breaking.abort(new Error('the connection broke'));
  }

  /** Resolves as soon as there is a connection; rejects when `signal` says that nobody waits any more. */
  online(signal: AbortSignal): Promise<Online> {
    return new Promise((resolve, reject) => {
      const give = (): void => {
        this.#waiting.delete(found);
        reject(signal.reason as Error);
      };
      const found = (online: Online): void => {
        signal.removeEventListener('abort', give);
        resolve(online);
      };
      if (signal.aborted) give();
      else if (this.#online !== undefined) found(this.#online);
      else {
        this.#waiting.add(found);
        signal.addEventListener('abort', give, { once: true });
      }
    });
  }
}
