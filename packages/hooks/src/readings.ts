// SPDX-License-Identifier: MIT
import { isDeepStrictEqual } from 'node:util';
import type { EventHandler, EventReading } from '@nftoggle/bus';
import type { Hook } from '@nftoggle/config';
import { type CloudEvent, type EventReader, hookReaders } from '@nftoggle/contracts';

/** The part of the bus that events are read from. */
export interface EventSource {
  readEvents(reader: EventReader, atMost: number, handle: EventHandler): EventReading;
}

/** Resolves when the event is done with; rejects when it is to come again. */
export type Carry = (hook: Hook, event: CloudEvent, signal: AbortSignal) => Promise<void>;

interface Running {
  readonly hook: Hook;
  readonly readings: readonly EventReading[];
}

/**
 * Reads the events of every hook, each of its tracks by itself. With another configuration the hooks that are in it as
 * they were go on undisturbed.
 */
export class Readings {
  readonly #source: EventSource;
  readonly #carry: Carry;
  #wanted: ReadonlyMap<string, Hook> = new Map();
  readonly #running = new Map<string, Running>();
  /** What is under way for each hook: what is to change next waits for it. */
  readonly #changing = new Map<string, Promise<void>>();

  constructor(source: EventSource, carry: Carry) {
    this.#source = source;
    this.#carry = carry;
  }

  update(hooks: ReadonlyMap<string, Hook>): void {
    this.#wanted = hooks;
    for (const name of new Set([...hooks.keys(), ...this.#running.keys(), ...this.#changing.keys()])) {
      if (!this.#changing.has(name)) this.#start(name);
    }
  }

  /** Events that are not delivered yet; null when that is not known. */
  async waiting(name: string): Promise<number | null> {
    const readings = this.#running.get(name)?.readings;
    if (readings === undefined) return null;
    const counts = await Promise.all(readings.map((reading) => reading.waiting().catch(() => null)));
    return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0);
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.update(new Map());
    await Promise.all(this.#changing.values());
  }

  #start(name: string): void {
    if (this.#isRight(name)) return;
    this.#changing.set(
      name,
      Promise.resolve().then(() => this.#change(name)),
    );
  }

  /** Until it is what is wanted, which may become another thing meanwhile. */
  async #change(name: string): Promise<void> {
    while (!this.#isRight(name)) {
      const running = this.#running.get(name);
      if (running !== undefined) {
        await Promise.allSettled(running.readings.map((reading) => reading.stop()));
        this.#running.delete(name);
      }
      const hook = this.#wanted.get(name);
      if (hook !== undefined) this.#running.set(name, { hook, readings: this.#read(hook) });
    }
    this.#changing.delete(name);
  }

  #isRight(name: string): boolean {
    return isDeepStrictEqual(this.#running.get(name)?.hook, this.#wanted.get(name));
  }

  #read(hook: Hook): readonly EventReading[] {
    const handle: EventHandler = async (events, signal) => {
      for (const event of events) await this.#carry(hook, event, signal);
    };
    return hookReaders(hook.name).map((reader) => this.#source.readEvents(reader, 1, handle));
  }
}
