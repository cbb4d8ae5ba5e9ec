// SPDX-License-Identifier: MIT
// The event stream, its readers and the shelves, as JetStream is told of them.
import { AckPolicy, type ConsumerConfig, DeliverPolicy, type StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import {
  type EventReader,
  eventPattern,
  eventStream,
  eventTypes,
  type ShelfName,
  shelves,
  subjectRoot,
  tracks,
} from '@nftoggle/contracts';

/** An event that was handed out and is not acknowledged, nor said to be worked on, comes again after this. */
export const ackWait = 30_000;

export type StreamShape = Pick<StreamConfig, 'name'> & Partial<StreamConfig>;

/**
 * Nobody can take single events out of it. Its subjects name the tracks, because a server of 2.9 only lets a reader
 * have a track whose subjects are among those of the stream as they are written there.
 */
export const eventStreamShape: StreamShape = {
  ...kept(eventStream.name, eventStream.maxBytes),
  description: 'Every event, for a while',
  subjects: eventTypes.flatMap((type) =>
    Array.from({ length: tracks }, (_, track) => eventPattern('*', type, track)),
  ),
  max_age: nanos(eventStream.maxAge),
  duplicate_window: nanos(eventStream.duplicateWindow),
  deny_delete: true,
  deny_purge: true,
};

export const shelfShapes: readonly StreamShape[] = (Object.keys(shelves) as ShelfName[]).map((name) => ({
  ...kept(shelves[name].stream, shelves[name].maxBytes),
  description: shelves[name].about,
  subjects: [`${shelfPrefix(name, '*')}>`],
  max_msgs_per_subject: 1,
}));

function kept(name: string, maxBytes: number): StreamShape {
  return { name, retention: 'limits', storage: 'file', discard: 'old', num_replicas: 1, max_bytes: maxBytes };
}

/** Of the keys of a node: `*` for every node. */
export function shelfPrefix(name: ShelfName, node: string): string {
  return `${shelves[name].stream}.${node}.`;
}

/** Whether each event is acknowledged by itself; else the last one stands for all before it. */
export function readsOneByOne({ atOnce }: EventReader): boolean {
  return atOnce === 1;
}

export type ReaderShape = Pick<ConsumerConfig, 'durable_name'> & Partial<ConsumerConfig>;

/** What can be altered of a reader later. */
export function readerShape(reader: EventReader): ReaderShape {
  return {
    name: reader.name,
    durable_name: reader.name,
    ack_policy: readsOneByOne(reader) ? AckPolicy.Explicit : AckPolicy.All,
    ack_wait: nanos(ackWait),
    max_ack_pending: reader.atOnce,
    max_deliver: -1,
    ...(reader.track !== null && { filter_subject: `${subjectRoot}.*.*.*.${reader.track}` }),
  };
}

export function newReaderShape(reader: EventReader, from: EventReader['from']): ReaderShape {
  return {
    ...readerShape(reader),
    deliver_policy: from === 'all' ? DeliverPolicy.All : DeliverPolicy.New,
  };
}

/** Whether `there` is as `wanted` says, as far as it says anything. */
export function isAs(wanted: object, there: object): boolean {
  const found = there as Record<string, unknown>;
  return Object.entries(wanted).every(([key, value]) => textOf(found[key]) === textOf(value));
}

function textOf(value: unknown): string {
  return JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
}
