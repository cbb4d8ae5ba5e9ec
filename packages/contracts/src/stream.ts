// SPDX-License-Identifier: MIT
// The event stream: JetStream keeps every event for a while, so that who was away loses none.
import type { Id } from './ids.ts';
import type { Daemon } from './subjects.ts';
import { tracks } from './tracks.ts';

export const eventStream = {
  name: 'nftoggle_events',
  /** Makes the stream and its readers: who may make a reader can have the server say anything to anybody. */
  keeper: 'policy',
  /** On disk, in bytes; the oldest events go first. */
  maxBytes: 128 * 1024 * 1024,
  /** In milliseconds. */
  maxAge: 7 * 24 * 3_600 * 1_000,
  /** How long the server knows an id that it has seen, in milliseconds. */
  duplicateWindow: 5 * 60 * 1_000,
} as const satisfies { readonly keeper: Daemon } & Record<string, unknown>;

/** A place in the stream that is kept while its readers are away. Replicas that read by the same one share the events. */
export interface EventReader {
  /** Name of the durable consumer. */
  readonly name: string;
  readonly daemon: Daemon;
  /** Null for all tracks. */
  readonly track: number | null;
  /** Events that may be under way at once. With 1 they are read strictly one after the other, whoever reads. */
  readonly atOnce: number;
  /** Where a new one begins: with what the stream has, or with what comes. */
  readonly from: 'all' | 'new';
}

/** One writer keeps all events, in the order of the stream. */
export const statsReader: EventReader = {
  name: 'stats',
  daemon: 'stats',
  track: null,
  atOnce: 20_000,
  from: 'all',
};

/** A hook that is not to be delivered to holds up its own track alone, and no other hook. */
export function hookReaders(hook: Id): readonly EventReader[] {
  return Array.from({ length: tracks }, (_, track) => ({
    name: `hook_${hook}_${track}`,
    daemon: 'hooks',
    track,
    atOnce: 1,
    from: 'new',
  }));
}
