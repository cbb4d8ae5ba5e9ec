// SPDX-License-Identifier: MIT
import type { NativePacket, QueueTrouble } from '../native.ts';
import type { Lane, PacketQueue, PacketQueueHandler } from './packet-queue.ts';

/** A queue without a kernel, for tests of what stands on one: packets go in by `arrive`, verdicts are kept. */
export class FakeQueue implements PacketQueue {
  readonly lane: Lane;
  readonly verdicts = new Map<number, { readonly verdict: 'accept' | 'drop'; readonly mark?: number }>();
  readonly #handler: PacketQueueHandler;
  readonly #held = new Map<number, number>();
  readonly #now: () => number;
  #closed = false;

  constructor(lane: Lane, handler: PacketQueueHandler, now: () => number = Date.now) {
    this.lane = lane;
    this.#handler = handler;
    this.#now = now;
  }

  arrive(...batch: NativePacket[]): void {
    if (this.#closed) return;
    for (const packet of batch) this.#held.set(packet.id, this.#now());
    this.#handler.onPackets(this, batch);
  }

  trouble(kind: QueueTrouble, value: number): void {
    this.#handler.onTrouble(this, kind, value);
  }

  accept(id: number, mark: number): boolean {
    if (!this.#held.delete(id)) return false;
    this.verdicts.set(id, { verdict: 'accept', mark });
    return true;
  }

  drop(id: number): boolean {
    if (!this.#held.delete(id)) return false;
    this.verdicts.set(id, { verdict: 'drop' });
    return true;
  }

  expire(milliseconds: number): number {
    const expired = [...this.#held].filter(([, since]) => since <= this.#now() - milliseconds);
    for (const [id] of expired) this.drop(id);
    return expired.length;
  }

  held(): number {
    return this.#held.size;
  }

  close(): void {
    this.#closed = true;
    this.#held.clear();
  }
}
