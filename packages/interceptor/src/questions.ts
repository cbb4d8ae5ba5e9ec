// SPDX-License-Identifier: MIT
// Packets that wait for a decision, grouped by the question they ask.
//
// Every source that asks for a service is one question, however many packets it sends: those that come
// while the decision is under way join it and get the same answer.
import type { NativePacket } from './native.ts';
import type { PacketQueue } from './queue/packet-queue.ts';

export type FlowPacket = Extract<NativePacket, { malformed?: undefined }>;

export interface Held {
  readonly packet: FlowPacket;
  readonly queue: PacketQueue;
}

export class Questions {
  readonly #open = new Map<string, Held[]>();
  readonly #limit: number;
  #held = 0;

  /** At most `limit` packets are held at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  get limit(): number {
    return this.#limit;
  }

  /**
   * Holds a packet.
   * @returns `first` when its question is to be asked, `joined` when that is under way, `replaced` when it
   * took the place of an older copy, which was dropped, `full` when the packet was not taken and is the
   * caller's to answer
   */
  hold(key: string, held: Held): 'first' | 'joined' | 'replaced' | 'full' {
    const waiting = this.#open.get(key);
    if (waiting === undefined) {
      if (this.#held >= this.#limit) return 'full';
      this.#open.set(key, [held]);
      this.#held += 1;
      return 'first';
    }
    if (this.#replaceOlderCopy(waiting, held)) return 'replaced';
    if (this.#held >= this.#limit) return 'full';
    waiting.push(held);
    this.#held += 1;
    return 'joined';
  }

  /** Closes a question and returns its packets, oldest first, for the caller to answer each of them. */
  take(key: string): Held[] {
    const waiting = this.#open.get(key) ?? [];
    this.#open.delete(key);
    this.#held -= waiting.length;
    return waiting;
  }

  /**
   * A retransmitted SYN takes the place of its older copy, which is dropped: two copies that were both let
   * in would fight for one conntrack entry. Copies are told by their initial sequence number, because a
   * client that reconnects from the same port asks anew.
   */
  #replaceOlderCopy(waiting: Held[], held: Held): boolean {
    if (held.packet.protocol !== 'tcp') return false;
    const index = waiting.findIndex(({ packet }) => isCopy(packet, held.packet));
    const older = waiting[index];
    if (older === undefined) return false;
    older.queue.drop(older.packet.id);
    waiting[index] = held;
    return true;
  }
}

function isCopy(a: FlowPacket, b: FlowPacket): boolean {
  return (
    a.sequence === b.sequence &&
    a.sourcePort === b.sourcePort &&
    a.destinationPort === b.destinationPort &&
    a.source === b.source &&
    a.destination === b.destination
  );
}
