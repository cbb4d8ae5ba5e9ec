// SPDX-License-Identifier: MIT
import type { NatsConnection } from '@nats-io/transport-node';

/** Events kept while the server is away; the oldest go first when there are more. */
export const maxBacklog = 1_000;

interface Outgoing {
  readonly subject: string;
  readonly payload: string;
}

/**
 * Events on their way to the server, in order. One leaves the backlog when the server has confirmed it
 * (by the answer to a flush), so a connection that breaks costs none. It may cause the ones under way to
 * arrive twice: they keep their id, by which receivers know them.
 */
export class Outbox {
  readonly #backlog: Outgoing[] = [];
  #delivery: Promise<void> | undefined;

  add(event: Outgoing): void {
    this.#backlog.push(event);
    if (this.#backlog.length > maxBacklog) this.#backlog.shift();
  }

  /** Sends what waits, and what is added meanwhile. Never rejects: what could not be sent waits on. */
  deliver(connection: NatsConnection): Promise<void> {
    this.#delivery ??= this.#deliverAll(connection);
    return this.#delivery;
  }

  async #deliverAll(connection: NatsConnection): Promise<void> {
    // What is published in one go is sent in one go; and `#delivery` is set before it is unset below.
    await null;
    try {
      while (this.#backlog.length > 0) await this.#deliverBatch(connection);
    } catch {
      // The connection broke: the next one delivers all that is not confirmed.
    } finally {
      this.#delivery = undefined;
    }
  }

  async #deliverBatch(connection: NatsConnection): Promise<void> {
    const last = this.#backlog.at(-1);
    for (const { subject, payload } of this.#backlog) connection.publish(subject, payload);
    await connection.flush();
    // New events may have pushed old ones out meanwhile, so count from the end of what was sent.
    if (last !== undefined) this.#backlog.splice(0, this.#backlog.indexOf(last) + 1);
  }
}
