// SPDX-License-Identifier: MIT
// For the tests of events: what the stream has, as somebody sees it who may do anything.
import { type ConsumerInfo, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type CloudEvent, eventStream } from '@nftoggle/contracts';
import type { NatsServer } from '@nftoggle/testkit';
import type { Bus } from './bus.ts';

/** The configuration of the product with one user more, and without JetStream where that is wanted. */
export function withAdmin(config: string, hasJetStream = true): string {
  const admin = config.replace('users = [', 'users = [\n    { user: "admin", password: "secret" }');
  return hasJetStream ? admin : admin.replace(/jetstream \{[^}]*\}/, '');
}

export function asAdmin<R>(nats: NatsServer, act: (manager: JetStreamManager) => Promise<R>): Promise<R> {
  return withConnection(nats, async (admin) => act(await jetstreamManager(admin)));
}

/** The same without JetStream. */
export async function withConnection<R>(
  { url }: NatsServer,
  act: (admin: NatsConnection) => Promise<R>,
): Promise<R> {
  const admin = await connect({ servers: url, user: 'admin', pass: 'secret' });
  try {
    return await act(admin);
  } finally {
    await admin.close();
  }
}

/** All that the stream has, in its order. */
export function storedEvents(nats: NatsServer): Promise<readonly CloudEvent[]> {
  return asAdmin(nats, async (manager) => {
    const { state } = await manager.streams.info(eventStream.name);
    const events: CloudEvent[] = [];
    for (let first = state.first_seq; first <= state.last_seq; first += 64) {
      const sequences = Array.from(
        { length: Math.min(64, state.last_seq - first + 1) },
        (_, at) => first + at,
      );
      const messages = sequences.map((seq) => manager.streams.getMessage(eventStream.name, { seq }));
      for (const message of await Promise.all(messages)) if (message !== null) events.push(message.json());
    }
    return events;
  });
}

export function readerInfo(nats: NatsServer, name: string): Promise<ConsumerInfo> {
  return asAdmin(nats, (manager) => manager.consumers.info(eventStream.name, name));
}

/** An event that is about `who`, and has a number. */
export function publishNumber(bus: Bus, number: number, who = `person${number % 32}`): Promise<boolean> {
  return bus.publish('allowance_changed', { who, bonus: number, by: 'ada', why: null });
}

export function numberOf({ data }: CloudEvent): number {
  return 'bonus' in data ? data.bonus : Number.NaN;
}

export function numbers(count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}
