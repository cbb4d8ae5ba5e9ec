// SPDX-License-Identifier: MIT
// For the tests of this package: plain NATS clients beside the typed ones.
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type Daemon, eventPattern } from '@nftoggle/contracts';
import type { NatsServer } from '@nftoggle/testkit';
import { Bus, type BusStatus } from './bus.ts';
import { inboxPrefix } from './inbox.ts';
import { authenticatorOf } from './key.ts';
import type { BusUser } from './permissions.ts';

/** Everything that a test opened, to be closed after it. */
export class Clients {
  readonly #nats: () => NatsServer;
  readonly #open: { close(): Promise<unknown> }[] = [];

  constructor(nats: () => NatsServer) {
    this.#nats = nats;
  }

  bus(daemon: Daemon, onStatus?: (status: BusStatus) => void, url = this.#nats().url): Bus {
    const bus = new Bus({
      url,
      seed: this.#nats().seeds[daemon],
      node: 'box',
      daemon,
      ...(onStatus && { onStatus }),
    });
    this.#open.push(bus);
    return bus;
  }

  async connected(daemon: Daemon): Promise<Bus> {
    const bus = this.bus(daemon);
    await bus.ready;
    return bus;
  }

  /** As the client library itself connects; its inboxes are for what the server says. */
  async raw(user: BusUser): Promise<NatsConnection> {
    const connection = await connect({
      servers: this.#nats().url,
      authenticator: authenticatorOf(this.#nats().seeds[user]),
      ...(user !== 'tap' && { inboxPrefix: inboxPrefix(user, 'nats') }),
    });
    this.#open.push(connection);
    return connection;
  }

  async close(): Promise<void> {
    for (const client of this.#open.splice(0)) await client.close();
  }
}

/** Revisions of the `config_changed` events that the tap hears, in order; later copies of an event left out. */
export function heardRevisions(tap: NatsConnection): string[] {
  const seen = new Set<string>();
  const revisions: string[] = [];
  tap.subscribe(eventPattern('box', 'config_changed'), {
    callback: (_, message) => {
      const event = message.json<{ id: string; data: { revision: string } }>();
      if (!seen.has(event.id)) revisions.push(event.data.revision);
      seen.add(event.id);
    },
  });
  return revisions;
}

/** A revision that counts. */
export function revision(number: number): string {
  return number.toString(16).padStart(12, '0');
}
