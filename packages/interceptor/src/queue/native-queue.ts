// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueStatus } from '@nftoggle/contracts';
import { StartError } from '@nftoggle/daemon';
import { errorCode, errorStep, type Native, type NativePacketQueue } from '../native.ts';
import type { Lane, PacketQueue, PacketQueueHandler } from './packet-queue.ts';

/** Enough for the headers of a first packet with extension headers and TCP options, in bytes. */
const copyRange = 512;
/** Room for about 10,000 packets while this process is busy, in bytes. */
const receiveBuffer = 16 * 1024 * 1024;

/** The kernel's NFQUEUE of one number. */
export class NativeQueue implements PacketQueue {
  readonly lane: Lane;
  readonly #queue: NativePacketQueue;

  constructor(native: Native, lane: Lane, number: number, maxLength: number, handler: PacketQueueHandler) {
    this.lane = lane;
    this.#queue = new native.PacketQueue({
      number,
      maxLength,
      copyRange,
      receiveBuffer,
      onPackets: (batch) => handler.onPackets(this, batch),
      onTrouble: (kind, value) => handler.onTrouble(this, kind, value),
    });
    const granted = this.#queue.receiveBuffer();
    if (granted < receiveBuffer) handler.onTrouble(this, 'small_buffer', granted);
  }

  accept(id: number, mark: number): boolean {
    return this.#queue.accept(id, mark);
  }

  drop(id: number): boolean {
    return this.#queue.drop(id);
  }

  expire(milliseconds: number): number {
    return this.#queue.expire(milliseconds).length;
  }

  held(): number {
    return this.#queue.held();
  }

  close(): void {
    this.#queue.close();
  }
}

/**
 * Binds a queue, waiting up to a second for the kernel to clear away a predecessor that was killed.
 * @throws StartError when another program has it
 */
export async function bindQueue(
  native: Native,
  lane: Lane,
  number: number,
  maxLength: number,
  handler: PacketQueueHandler,
): Promise<NativeQueue> {
  for (let attempt = 1; ; attempt++) {
    try {
      return new NativeQueue(native, lane, number, maxLength, handler);
    } catch (error) {
      if (!isTaken(error, number)) throw error;
      if (attempt === 100) throw new StartError(takenMessage(number), { cause: error });
      await sleep(10);
    }
  }
}

/** The kernel says EPERM for a queue that somebody else has bound, and for much else in other steps. */
function isTaken(error: unknown, number: number): boolean {
  const code = errorCode(error);
  return errorStep(error) === `bind queue ${number}` && (code === 'EPERM' || code === 'EBUSY');
}

function takenMessage(number: number): string {
  const owner = kernelQueues().find((queue) => queue.number === number)?.portId;
  const who =
    owner === undefined ? 'another program' : `another program (netlink port ${owner}, often its process id)`;
  return `queue ${number} is taken by ${who}: stop that, or choose other numbers with \`kernel: { queue: N }\` in the configuration`;
}

interface KernelQueue extends Omit<QueueStatus, 'lane'> {
  readonly portId: number;
}

/** Every NFQUEUE of this network namespace (net/netfilter/nfnetlink_queue.c, seq_show). */
export function kernelQueues(): KernelQueue[] {
  const lines = readFileSync('/proc/self/net/netfilter/nfnetlink_queue', 'utf8').trim().split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [number = 0, portId = 0, waiting = 0, , , droppedFull = 0, droppedSocket = 0, total = 0] = line
        .trim()
        .split(/\s+/)
        .map(Number);
      return { number, portId, waiting, total, droppedFull, droppedSocket };
    });
}

/** Packets that the kernel holds in our queues and that we were not given yet, by the queues' numbers. */
export function inFlight(queues: ReadonlyMap<number, PacketQueue>): number {
  if (queues.size === 0) return 0;
  return kernelQueues().reduce((sum, { number, waiting }) => {
    const given = queues.get(number)?.held() ?? waiting;
    return sum + Math.max(0, waiting - given);
  }, 0);
}
