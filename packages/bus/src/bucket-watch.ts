// SPDX-License-Identifier: MIT
import { randomUUID } from 'node:crypto';
import { AckPolicy, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { type Msg, type NatsConnection, nanos, type Subscription } from '@nats-io/transport-node';
import {
  type Bucket,
  clientOf,
  ensureBucket,
  type Listing,
  listKeys,
  operationHeader,
  prefixOf,
  streamOf,
} from './bucket.ts';
import { placeOf } from './delivery-place.ts';

export interface Update {
  /** Without the node. */
  readonly key: string;
  readonly revision: number;
  /** Undefined: the key was removed. */
  readonly data: Uint8Array | undefined;
}

export interface WatchEvents {
  /**
   * What is there; each of its keys will be heard of. The server's own count of what is still to be delivered is
   * not reliable (nats-server #4824).
   */
  readonly began: (listing: Listing) => void;
  /** In order of revision. */
  readonly heard: (update: Update) => void;
}

/** The server says that it is there when it has nothing else to say for this long. */
const heartbeat = 2_000;
/** A server that was silent for this long does not watch for us any more. */
const silence = 3 * heartbeat;

/**
 * Makes the bucket if there is none, and tells of all that is there and of all that changes. Never resolves before
 * `signal` says stop: it rejects as soon as there is any doubt that all changes are heard, and is to be begun anew.
 */
export async function watchBucket(
  connection: NatsConnection,
  bucket: Bucket,
  events: WatchEvents,
  signal: AbortSignal,
): Promise<void> {
  const client = clientOf(connection);
  await ensureBucket(client, bucket);
  const manager = await client.jetstreamManager();
  const listing = await listKeys(manager, bucket);
  if (signal.aborted) return;
  events.began(listing);
  await follow(connection, manager, bucket, events.heard, signal);
}

async function follow(
  connection: NatsConnection,
  manager: JetStreamManager,
  bucket: Bucket,
  heard: (update: Update) => void,
  signal: AbortSignal,
): Promise<void> {
  const name = randomUUID();
  const subject = `${bucket.inboxPrefix}.store.${name}`;
  const delivery = new Delivery(connection, subject, prefixOf(bucket).length, heard);
  const stop = (): void => delivery.end();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([
      addConsumer(manager, bucket, name, subject).then(() => delivery.ended),
      delivery.ended,
    ]);
  } finally {
    signal.removeEventListener('abort', stop);
    delivery.end();
    // The server does it by itself some seconds later, if this does not reach it.
    manager.consumers.delete(streamOf(bucket), name).catch(() => {});
  }
}

async function addConsumer(
  manager: JetStreamManager,
  bucket: Bucket,
  name: string,
  subject: string,
): Promise<void> {
  await manager.consumers.add(streamOf(bucket), {
    name,
    deliver_subject: subject,
    deliver_policy: DeliverPolicy.LastPerSubject,
    filter_subject: `${prefixOf(bucket)}>`,
    ack_policy: AckPolicy.None,
    flow_control: true,
    idle_heartbeat: nanos(heartbeat),
    inactive_threshold: nanos(2 * silence),
    mem_storage: true,
    num_replicas: 1,
  });
}

/** The messages of one consumer, which are all there, and in order, or it ends with an error. */
class Delivery {
  readonly #ended = Promise.withResolvers<void>();
  readonly #connection: NatsConnection;
  readonly #subscription: Subscription;
  readonly #prefixLength: number;
  readonly #heard: (update: Update) => void;
  readonly #silence: NodeJS.Timeout;
  #count = 0;

  constructor(
    connection: NatsConnection,
    subject: string,
    prefixLength: number,
    heard: (update: Update) => void,
  ) {
    this.#connection = connection;
    this.#prefixLength = prefixLength;
    this.#heard = heard;
    this.#ended.promise.catch(() => {});
    this.#silence = setTimeout(() => this.end(new Error('the server fell silent')), silence);
    this.#subscription = connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
        else this.end(error);
      },
    });
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  end(problem?: Error): void {
    clearTimeout(this.#silence);
    this.#subscription.unsubscribe();
    if (problem === undefined) this.#ended.resolve();
    else this.#ended.reject(problem);
  }

  #receive(message: Msg): void {
    this.#silence.refresh();
    const code = message.headers?.code ?? 0;
    if (code > 0) this.#control(message, code);
    else this.#update(message);
  }

  #update({ subject, reply, headers, data }: Msg): void {
    const place = placeOf(reply ?? '');
    if (place?.count !== this.#count + 1) {
      this.end(new Error('an update was lost'));
      return;
    }
    this.#count = place.count;
    this.#heard({
      key: subject.slice(this.#prefixLength),
      revision: place.revision,
      data: headers?.has(operationHeader) ? undefined : data,
    });
  }

  #control(message: Msg, code: number): void {
    if (code !== 100) this.end(new Error(`the server ended the watch: ${message.headers?.description}`));
    // The server asks whether we keep up, and waits until we answer. What comes without a reply is a heartbeat.
    else if (message.reply) message.respond();
    else this.#heartbeat(message);
  }

  #heartbeat({ headers }: Msg): void {
    const stalled = headers?.get('Nats-Consumer-Stalled');
    if (stalled) this.#connection.publish(stalled);
    if (Number(headers?.get('Nats-Last-Consumer')) !== this.#count) this.end(new Error('an update was lost'));
  }
}
