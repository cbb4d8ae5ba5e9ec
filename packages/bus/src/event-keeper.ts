// SPDX-License-Identifier: MIT
import {
  type ConsumerInfo,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { type EventReader, eventStream } from '@nftoggle/contracts';
import { clientOf } from './bucket.ts';
import {
  eventStreamShape,
  isAs,
  newReaderShape,
  readerShape,
  type StreamShape,
  shelfShapes,
} from './event-stream.ts';
import { pause, retryDelay } from './pause.ts';
import type { Online, Presence } from './presence.ts';
import { Trouble } from './trouble.ts';

export interface KeeperOptions {
  readonly presence: Presence;
  readonly readers: () => readonly EventReader[];
  readonly report: (problem: string) => void;
  /** Milliseconds between two looks at whether all is as it should be. */
  readonly interval?: number;
}

/** Readers that come and go with the configuration. Others are left alone when nobody names them. */
const passing = /^hook_/;
/** How long it may fail before that is news, in milliseconds. */
const patience = 2_000;

/**
 * Makes the event stream, its readers and the shelves, and keeps them as they should be. Several keepers do no harm:
 * they make the same. One that has an older configuration removes no reader of another's at once.
 */
export class EventKeeper {
  readonly #options: KeeperOptions;
  readonly #interval: number;
  readonly #trouble: Trouble;
  readonly #closing = new AbortController();
  readonly #run: Promise<void>;
  /** When it was first seen that nobody wants a reader any more. */
  #unwanted = new Map<string, number>();
  #look = new AbortController();

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#interval = options.interval ?? 30_000;
    this.#trouble = new Trouble(patience, options.report);
    this.#run = this.#keep();
  }

  /** Looks again at once. */
  update(): void {
    this.#look.abort();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the bus was closed'));
    await this.#run;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    let wait: number = retryDelay.first;
    while (!signal.aborted) {
      const online = await this.#options.presence.online(signal).catch(() => undefined);
      if (online === undefined) return;
      this.#look = new AbortController();
      const look = this.#look.signal;
      if (await this.#lookAfter(online)) {
        wait = retryDelay.first;
        await pause(this.#interval, signal, online.broken, look);
      } else {
        await pause(wait, signal, online.broken, look);
        wait = Math.min(2 * wait, retryDelay.most);
      }
    }
  }

  /** False when it failed and is to be tried again soon. */
  async #lookAfter({ connection, broken }: Online): Promise<boolean> {
    try {
      const manager = await clientOf(connection).jetstreamManager();
      for (const shape of [eventStreamShape, ...shelfShapes]) await ensureStream(manager, shape);
      await this.#ensureReaders(manager);
      this.#trouble.isOver();
      return true;
    } catch (error) {
      if (!broken.aborted)
        this.#trouble.goesOn(`the event stream cannot be kept: ${(error as Error).message}`);
      return false;
    }
  }

  async #ensureReaders(manager: JetStreamManager): Promise<void> {
    const there = await listReaders(manager);
    const readers = this.#options.readers();
    for (const reader of ordered(readers)) {
      const found = there.get(reader.name);
      if (found === undefined) {
        await manager.consumers.add(
          eventStream.name,
          newReaderShape(reader, beginning(reader, readers, there)),
        );
      } else if (!isAs(readerShape(reader), found.config)) {
        await manager.consumers.update(eventStream.name, reader.name, readerShape(reader));
      }
    }
    await this.#removeUnwanted(manager, readers, there);
  }

  /** Not before nobody has wanted it for a while: another keeper may have a newer configuration. */
  async #removeUnwanted(
    manager: JetStreamManager,
    readers: readonly EventReader[],
    there: ReadonlyMap<string, ConsumerInfo>,
  ): Promise<void> {
    const wanted = new Set(readers.map(({ name }) => name));
    const names = [...there.keys()].filter((name) => passing.test(name) && !wanted.has(name));
    const now = performance.now();
    const since = new Map(names.map((name) => [name, this.#unwanted.get(name) ?? now]));
    this.#unwanted = since;
    for (const [name, first] of since) {
      const isIdle = there.get(name)?.num_waiting === 0;
      if (isIdle && now - first >= this.#interval) await manager.consumers.delete(eventStream.name, name);
    }
  }
}

async function ensureStream(manager: JetStreamManager, shape: StreamShape): Promise<void> {
  try {
    const { config } = await manager.streams.info(shape.name);
    if (!isAs(shape, config)) await manager.streams.update(shape.name, shape);
  } catch (error) {
    if (!isMissing(error)) throw error;
    // Of two keepers that make it at once, the second one gets what the first one made.
    await manager.streams.add({ ...shape });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
}

async function listReaders(manager: JetStreamManager): Promise<ReadonlyMap<string, ConsumerInfo>> {
  const there = new Map<string, ConsumerInfo>();
  for await (const info of manager.consumers.list(eventStream.name)) there.set(info.name, info);
  return there;
}

/** Those that begin with all that there is come last: when one of them is there, the others had their chance. */
function ordered(readers: readonly EventReader[]): readonly EventReader[] {
  return readers.toSorted((one, other) => Number(one.from === 'all') - Number(other.from === 'all'));
}

/**
 * In a stream that is new, as it is after its storage was lost, every reader begins with the first event: those
 * that were published before the reader was there are meant for it, too. It is new until its last reader was made.
 */
function beginning(
  reader: EventReader,
  readers: readonly EventReader[],
  there: ReadonlyMap<string, ConsumerInfo>,
): EventReader['from'] {
  const lasting = readers.filter(({ from }) => from === 'all');
  const isNew = lasting.length > 0 ? !lasting.some(({ name }) => there.has(name)) : there.size === 0;
  return isNew ? 'all' : reader.from;
}
