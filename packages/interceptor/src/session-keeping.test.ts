// SPDX-License-Identifier: MIT
import type { Logger } from '@nftoggle/daemon';
import { describe, expect, it } from 'vitest';
import { FakeTime, settled } from './fake-time.fixture.ts';
import type { Memory, MemoryText } from './session-file.ts';
import { SessionKeeping } from './session-keeping.ts';

const content: Memory & MemoryText = { sessions: [], untold: [] };

function setUp() {
  const time = new FakeTime();
  const begin = time.now();
  const writes: number[] = [];
  const logged: string[] = [];
  const counts = { confirmed: 0, released: 0 };
  /** `problem`: why nothing can be written; `lasts`: how long it takes to collect it all, `steps`: in how many turns. */
  const world = { problem: null as string | null, lasts: 0, steps: 0, isGone: false };
  const note = (_: unknown, message: string): unknown => logged.push(message);
  let ahead = 0;
  const keeping = new SessionKeeping({
    memory: {
      read: () => {
        if (world.problem !== null) throw new Error(world.problem);
        return { ...content, isOfThisBoot: true, seen: 0, damaged: 2 };
      },
      write: async () => {
        if (world.problem !== null) throw new Error(world.problem);
        writes.push(time.now() - begin);
      },
      confirm: () => {
        if (world.isGone) throw new Error('ENOENT');
        counts.confirmed += 1;
      },
    },
    prepare: () => Array<undefined>(world.steps).fill(undefined),
    content: () => {
      ahead += world.lasts;
      return content;
    },
    onWritten: () => {
      counts.released += 1;
    },
    now: () => time.now() + ahead,
    after: time.after,
    log: { warn: note, info: (message: string) => logged.push(message) } as unknown as Logger,
  });
  return { keeping, time, writes, logged, counts, world };
}

describe('keeping sessions in mind', () => {
  it('writes at once what is new after a quiet time, and no more than once a second', async () => {
    const { keeping, time, writes } = setUp();
    for (let i = 0; i < 10; i++) keeping.soon();
    await time.pass(0);
    expect(writes).toEqual([0]);
    for (let i = 0; i < 30; i++) {
      keeping.soon();
      await time.pass(100);
    }
    expect(writes).toEqual([0, 1_000, 2_000, 3_000]);
    await time.pass(60_000);
    expect(writes).toHaveLength(4);
  });

  it('spends no more than a small part of all time on it, however much there is to write', async () => {
    const { keeping, time, writes, world } = setUp();
    world.lasts = 100;
    keeping.soon();
    await time.pass(0);
    keeping.soon();
    await time.pass(1_999);
    expect(writes).toEqual([0]);
    await time.pass(1);
    expect(writes).toEqual([0, 2_000]);
  });

  it('writes at a tick what has changed, and says otherwise that nothing has', async () => {
    const { keeping, time, writes, counts, world } = setUp();
    keeping.refresh(false);
    await time.pass(0);
    expect([writes, counts.confirmed]).toEqual([[], 1]);
    keeping.refresh(true);
    await time.pass(0);
    expect(writes).toEqual([0]);
    world.isGone = true;
    keeping.refresh(false);
    await time.pass(1_000);
    expect(writes).toEqual([0, 1_000]);
  });

  it('goes on where nothing can be written, says so once, and tries again at each tick', async () => {
    const { keeping, time, writes, logged, counts, world } = setUp();
    world.problem = 'read-only file system';
    for (let i = 0; i < 3; i++) {
      keeping.refresh(true);
      await time.pass(1_000);
    }
    expect(logged).toEqual(['what is known of sessions is not written: a restart will not know it']);
    expect(counts.released, 'what waits is told all the same').toBe(3);
    world.problem = null;
    keeping.refresh(false);
    await time.pass(1_000);
    expect([writes.length, logged.at(-1)]).toEqual([1, 'what is known of sessions is written again']);
  });

  it('reads what it can, and starts without it where it cannot', () => {
    const { keeping, logged, world } = setUp();
    expect(keeping.read()).toMatchObject(content);
    expect(logged).toEqual(['some of what was known of sessions is damaged and left out']);
    world.problem = 'no JSON';
    expect(keeping.read()).toBeUndefined();
    expect(logged.at(-1)).toMatch(/cannot be read/);
  });

  it('writes once more what is out of date again before it is written', async () => {
    const { keeping, time, writes, counts, world } = setUp();
    world.steps = 5;
    keeping.soon();
    const passing = time.pass(0);
    for (let i = 0; i < 5; i++) {
      await settled();
      keeping.soon();
    }
    expect([writes.length, counts.released], 'packets have their turn').toEqual([0, 0]);
    await passing;
    for (let i = 0; i < 5; i++) await settled();
    expect([writes.length, counts.released]).toEqual([1, 1]);
    await time.pass(1_000);
    for (let i = 0; i < 10; i++) await settled();
    expect(writes).toHaveLength(2);
    await time.pass(60_000);
    expect(writes).toHaveLength(2);
  });

  it('writes once more at the stop, after what is being written, and not after it', async () => {
    const { keeping, time, writes, world } = setUp();
    world.steps = 3;
    keeping.soon();
    await time.pass(0);
    keeping.soon();
    await keeping.stop();
    expect(writes).toEqual([0, 0]);
    keeping.soon();
    await time.pass(10_000);
    expect(writes).toEqual([0, 0]);
  });
});
