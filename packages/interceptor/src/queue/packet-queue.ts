// SPDX-License-Identifier: MIT
import type { NativePacket, QueueTrouble } from '../native.ts';

export type Lane = 'known' | 'strangers';

/**
 * Packets that the kernel holds for a verdict.
 *
 * Batches arrive in the order of the packets. Every packet of a batch is answered at most once: a second
 * verdict, one for an id that was never handed out, and one after close() return false and do nothing.
 * A packet that nobody answers is dropped, by `expire` or, when the queue closes or this process dies, by
 * the kernel. A slow consumer makes the kernel's queue fill up, and the kernel then drops.
 */
export interface PacketQueue {
  readonly lane: Lane;
  /** Lets the packet go on. `mark` becomes the whole of its 32-bit mark. */
  accept(id: number, mark: number): boolean;
  drop(id: number): boolean;
  /** Drops packets that have been held for longer, and returns how many those were. */
  expire(milliseconds: number): number;
  held(): number;
  close(): void;
}

export interface PacketQueueHandler {
  onPackets(queue: PacketQueue, batch: readonly NativePacket[]): void;
  onTrouble(queue: PacketQueue, kind: QueueTrouble, value: number): void;
}
