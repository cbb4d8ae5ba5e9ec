// SPDX-License-Identifier: MIT
// What every packet queue promises, tried on any implementation.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NativePacket } from '../native.ts';

/** A queue with a way to send packets to it, and to see what came out behind it. */
export interface QueueUnderTest {
  /** Sends one packet from each source port and gives all that were handed out since the start, in order. */
  arrive(ports: readonly number[]): Promise<readonly NativePacket[]>;
  accept(id: number, mark: number): Promise<boolean> | boolean;
  drop(id: number): Promise<boolean> | boolean;
  expire(milliseconds: number): Promise<number> | number;
  held(): Promise<number> | number;
  close(): Promise<void> | void;
  /** Source port and mark of every packet that was let go, by port. */
  passed(): Promise<readonly { port: number; mark: number }[]>;
  /** Packets that wait for a verdict according to whoever holds them. */
  waiting(): Promise<number> | number;
}

/** The mark that every packet of the suite brings along. */
export const foreignMark = 0x0012_3456;

export function describePacketQueue(
  name: string,
  open: () => Promise<QueueUnderTest>,
  cleanUp: () => Promise<unknown> = async () => undefined,
): void {
  describe(name, () => {
    let queue: QueueUnderTest;

    beforeEach(async () => {
      queue = await open();
    });
    afterEach(async () => {
      await queue.close();
      await cleanUp();
    });

    it('hands packets out in the order of their arrival, each with an id of its own and its mark', async () => {
      const ports = [4_003, 4_001, 4_002];
      const packets = await queue.arrive(ports);
      expect(packets.map((packet) => 'sourcePort' in packet && packet.sourcePort)).toEqual(ports);
      expect(new Set(packets.map(({ id }) => id)).size).toBe(3);
      expect(packets.map(({ mark }) => mark)).toEqual(ports.map(() => foreignMark));
    });

    it('lets go what is accepted, in any order, and nothing that is dropped or held', async () => {
      const [a, b, c] = await queue.arrive([4_001, 4_002, 4_003]);
      expect(await queue.accept(c?.id ?? -1, foreignMark)).toBe(true);
      expect(await queue.drop(a?.id ?? -1)).toBe(true);
      expect((await queue.passed()).map(({ port }) => port)).toEqual([4_003]);
      expect(await queue.held()).toBe(1);
      expect(await queue.accept(b?.id ?? -1, foreignMark)).toBe(true);
      expect((await queue.passed()).map(({ port }) => port)).toEqual([4_002, 4_003]);
      expect(await queue.waiting()).toBe(0);
    });

    it.each([0, 0x8010_0000 + foreignMark, 0xffff_ffff])(
      'gives an accepted packet the mark %i, all 32 bits of it',
      async (mark) => {
        const [packet] = await queue.arrive([4_001]);
        await queue.accept(packet?.id ?? -1, mark);
        expect(await queue.passed()).toEqual([{ port: 4_001, mark }]);
      },
    );

    it('takes one verdict for each packet: a second one does nothing, whatever it is', async () => {
      const [a, b] = await queue.arrive([4_001, 4_002]);
      expect(await queue.drop(a?.id ?? -1)).toBe(true);
      expect(await queue.accept(a?.id ?? -1, 1)).toBe(false);
      expect(await queue.drop(a?.id ?? -1)).toBe(false);
      expect(await queue.accept(b?.id ?? -1, 1)).toBe(true);
      expect(await queue.accept(b?.id ?? -1, 2)).toBe(false);
      expect(await queue.drop(b?.id ?? -1)).toBe(false);
      expect(await queue.passed()).toEqual([{ port: 4_002, mark: 1 }]);
    });

    it('knows no id that was never handed out', async () => {
      await queue.arrive([4_001]);
      expect(await queue.accept(4_000_000, 0)).toBe(false);
      expect(await queue.drop(0)).toBe(false);
      expect(await queue.held()).toBe(1);
    });

    it('drops what was held for too long, and nothing younger', async () => {
      const [packet] = await queue.arrive([4_001, 4_002]);
      expect(await queue.expire(60_000)).toBe(0);
      expect(await queue.held()).toBe(2);
      expect(await queue.expire(0)).toBe(2);
      expect(await queue.held()).toBe(0);
      expect(await queue.accept(packet?.id ?? -1, 0)).toBe(false);
      expect(await queue.passed()).toEqual([]);
      expect(await queue.waiting()).toBe(0);
    });

    it('lets nothing go when it is closed, and takes no verdict afterwards', async () => {
      const [packet] = await queue.arrive([4_001]);
      await queue.close();
      expect(await queue.accept(packet?.id ?? -1, 0)).toBe(false);
      expect(await queue.drop(packet?.id ?? -1)).toBe(false);
      expect(await queue.expire(0)).toBe(0);
      expect(await queue.held()).toBe(0);
      expect(await queue.waiting()).toBe(0);
      expect(await queue.passed()).toEqual([]);
    });

    it('may be closed twice', async () => {
      await queue.close();
      await queue.close();
      expect(await queue.held()).toBe(0);
    });
  });
}
