// SPDX-License-Identifier: MIT
// Packets that wait for a decision, grouped by the question they ask.
//
// Every source that asks for a service is one question, however many packets it sends: those that come
// while the decision is under way, or while the machine that it needs wakes, join it and get the same answer.
import type { Id } from '@nftoggle/contracts';
import type { NativePacket } from './native.ts';
import type { PacketQueue } from './queue/packet-queue.ts';
import type { WakingRoom } from './waking-room.ts';

export type FlowPacket = Extract<NativePacket, { malformed?: undefined }>;

export interface Held {
  readonly packet: FlowPacket;
  readonly queue: PacketQueue;
}

interface Question {
  packets: Held[];
  /** Older copies that gave way to newer ones: what they are told is their answer as well. */
  replaced: number;
  /** The device that it waits for; null while it is not decided. */
  device: Id | null;
}

/** Packets of one question that wait for a device: what a source sends for a minute and a half is no first packet. */
const mostOfQuestion = 64;

export class Questions {
  readonly #open = new Map<string, Question>();
  readonly #limit: number;
  readonly #room: WakingRoom;
  #held = 0;

  /** At most `limit` packets are held at once. */
  constructor(limit: number, room: WakingRoom) {
    this.#limit = limit;
    this.#room = room;
  }

  get held(): number {
    return this.#held;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Packets among them that wait for a device. */
  get waking(): number {
    return this.#room.taken;
  }

  get wakingLimit(): number {
    return this.#room.limit;
  }

  /**
   * Holds a packet.
   * @returns `first` when its question is to be asked, `joined` when that is under way, `replaced` when it
   * took the place of an older copy, which was dropped; `full`, or `no_room` among those that wait for its device,
   * when the packet was not taken and is the caller's to answer
   */
  hold(key: string, held: Held): 'first' | 'joined' | 'replaced' | 'full' | 'no_room' {
    const question = this.#open.get(key);
    if (question === undefined) {
      if (this.#held >= this.#limit) return 'full';
      this.#open.set(key, { packets: [held], replaced: 0, device: null });
      this.#held += 1;
      return 'first';
    }
    if (this.#replaceOlderCopy(question.packets, held)) {
      question.replaced += 1;
      return 'replaced';
    }
    if (this.#held >= this.#limit) return 'full';
    if (question.device !== null && !this.#hasRoom(question.device, question.packets.length))
      return 'no_room';
    question.packets.push(held);
    this.#held += 1;
    return 'joined';
  }

  /**
   * From now on the packets of a question wait for a device.
   * @returns those for which there is no room: the question is rid of them, and they are the caller's to answer
   */
  waitFor(key: string, device: Id): Held[] {
    const question = this.#open.get(key);
    if (question === undefined || question.device === device) return [];
    this.#leaveRoom(question);
    const fitting: Held[] = [];
    const left = question.packets.filter((held) => {
      const fits = this.#hasRoom(device, fitting.length);
      if (fits) fitting.push(held);
      return !fits;
    });
    question.packets = fitting;
    question.device = device;
    this.#held -= left.length;
    return left;
  }

  /** Has the question packets? One for whose packets there was no room has none. */
  hasPackets(key: string): boolean {
    return (this.#open.get(key)?.packets.length ?? 0) > 0;
  }

  /** Older copies of its packets that are gone already, and get the answer of the question. */
  replaced(key: string): number {
    return this.#open.get(key)?.replaced ?? 0;
  }

  /** Keys of the questions that are open. */
  keys(): string[] {
    return [...this.#open.keys()];
  }

  /** Closes a question and returns its packets, oldest first, for the caller to answer each of them. */
  take(key: string): Held[] {
    const question = this.#open.get(key);
    if (question === undefined) return [];
    this.#open.delete(key);
    this.#leaveRoom(question);
    this.#held -= question.packets.length;
    return question.packets;
  }

  #hasRoom(device: Id, before: number): boolean {
    return before < mostOfQuestion && this.#room.take(device);
  }

  #leaveRoom({ device, packets }: Question): void {
    if (device !== null) this.#room.giveBack(device, packets.length);
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
