// SPDX-License-Identifier: MIT
// The names and calls of a JetStream key-value bucket (ADR-8 of NATS), as far as stores need them.
import { type JetStreamClient, type JetStreamManager, jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { headers, type NatsConnection } from '@nats-io/transport-node';

export interface Bucket {
  readonly name: string;
  readonly about: string;
  readonly maxBytes: number;
  readonly node: string;
  /** What the server sends comes below this. */
  readonly inboxPrefix: string;
}

/** How long a call to the server may take, in milliseconds. */
export const callDeadline = 2_000;
/** Marks a message that tells of a removal. */
export const operationHeader = 'KV-Operation';

export function streamOf(bucket: Pick<Bucket, 'name'>): string {
  return `KV_${bucket.name}`;
}

/** Of the keys of a node: `*` for every node. */
export function prefixOf({ name, node }: Pick<Bucket, 'name' | 'node'>): string {
  return `$KV.${name}.${node}.`;
}

export function clientOf(connection: NatsConnection): JetStreamClient {
  return jetstream(connection, { timeout: callDeadline, checkAPI: false });
}

/** Two that make it at once make the same: the server lets the second one have what the first one made. */
export async function ensureBucket(client: JetStreamClient, bucket: Bucket): Promise<void> {
  const { name, about, maxBytes } = bucket;
  await new Kvm(client).create(name, { history: 1, replicas: 1, max_bytes: maxBytes, description: about });
}

export interface Listing {
  readonly keys: readonly string[];
  /** Another one when the bucket was made anew. */
  readonly epoch: string;
}

export async function listKeys(manager: JetStreamManager, bucket: Bucket): Promise<Listing> {
  const prefix = prefixOf(bucket);
  const info = await manager.streams.info(streamOf(bucket), { subjects_filter: `${prefix}>` });
  const subjects = Object.keys(info.state.subjects ?? {});
  return { keys: subjects.map((subject) => subject.slice(prefix.length)), epoch: info.created };
}

/** Replaces the entry whose revision is `previous`; undefined removes it. Resolves with the new revision. */
export async function writeEntry(
  client: JetStreamClient,
  bucket: Bucket,
  key: string,
  text: string | undefined,
  previous: number,
): Promise<number> {
  const marks = headers();
  if (text === undefined) marks.set(operationHeader, 'DEL');
  const expect = { lastSubjectSequence: previous };
  const options = { expect, headers: marks, timeout: callDeadline };
  const { seq } = await client.publish(`${prefixOf(bucket)}${key}`, text ?? '', options);
  return seq;
}
