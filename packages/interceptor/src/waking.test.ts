// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { FakeTime, settled } from './fake-time.fixture.ts';
import type { WakeTarget } from './wake-target.ts';
import { FakeWol } from './waking.fixture.ts';
import { type Awakening, readyFor, Waking } from './waking.ts';

const nas: WakeTarget = {
  device: 'nas',
  port: { protocol: 'tcp', port: 445 },
  address: '192.168.1.20',
  by: 'files',
};

function setUp() {
  const time = new FakeTime();
  const wol = new FakeWol(time);
  const warnings: string[] = [];
  const log = { warn: (_: unknown, message: string) => warnings.push(message) };
  const waking = new Waking({ wake: wol.wake, now: time.now, after: time.after, log } as never);
  const outcomes: (Awakening | undefined)[] = [];
  /** Waits, and notes what came of it. */
  const wait = (seconds: number, target = nas): void => {
    const place = outcomes.push(undefined) - 1;
    void waking.wait(target, time.now() + seconds * 1_000).then((awakening) => {
      outcomes[place] = awakening;
    });
  };
  return { time, wol, waking, wait, outcomes, warnings };
}

describe('Waking', () => {
  it('asks wol for what is needed, and on whose behalf', async () => {
    const { wol, wait } = setUp();
    wait(90);
    expect(wol.requests).toEqual([{ ...nas, patience: 2_000 }]);
  });

  it('asks again and again until the device is ready, and leaves nothing behind', async () => {
    const { time, wol, wait, outcomes } = setUp();
    wait(90);
    await time.pass(25_000);
    expect(outcomes).toEqual([undefined]);
    expect(wol.requests).toHaveLength(13);
    wol.boot('nas');
    await settled();
    expect(outcomes).toEqual(['ready']);
    await time.pass(300_000);
    expect(wol.requests).toHaveLength(13);
    expect(time.pending).toBe(0);
  });

  it('asks once for all who wait for the same, and tells each of them', async () => {
    const { time, wol, wait, outcomes } = setUp();
    for (let client = 0; client < 50; client++) wait(90);
    await time.pass(4_500);
    expect(wol.requests).toHaveLength(3);
    wol.boot('nas');
    await settled();
    expect(outcomes).toEqual(Array.from({ length: 50 }, () => 'ready'));
  });

  it('asks apart for another port, another address and another device', () => {
    const { wol, wait } = setUp();
    wait(90);
    wait(90, { ...nas, port: { protocol: 'udp', port: 445 } });
    wait(90, { ...nas, address: 'fd00:1::20' });
    wait(90, { ...nas, device: 'camera' });
    expect(wol.requests).toHaveLength(4);
  });

  it('waits for each until its own deadline, and for nobody longer', async () => {
    const { time, wol, wait, outcomes } = setUp();
    wait(5);
    await time.pass(3_000);
    wait(5);
    await time.pass(2_000);
    expect(outcomes).toEqual(['failed', undefined]);
    await time.pass(3_000);
    expect(outcomes).toEqual(['failed', 'failed']);
    await time.pass(60_000);
    expect(wol.requests.length).toBeLessThan(7);
    expect(time.pending).toBe(0);
  });

  it('asks nothing when the deadline is over already', async () => {
    const { wol, wait, outcomes } = setUp();
    wait(0);
    await settled();
    expect(outcomes).toEqual(['failed']);
    expect(wol.requests).toEqual([]);
  });

  it('gives up when wol does, and asks anew for whoever comes then', async () => {
    const { time, wol, wait, outcomes } = setUp();
    wait(90);
    await time.pass(1_000);
    wol.giveUp('nas');
    await settled();
    expect(outcomes).toEqual(['failed']);
    wol.boot('nas');
    wait(90);
    await settled();
    expect(outcomes).toEqual(['failed', 'ready']);
    expect(wol.requests).toHaveLength(2);
  });

  it.each(['gone', 'silent', 'unaware'] as const)('goes on asking a wol that is %s', async (mood) => {
    const { time, wol, wait, outcomes, warnings } = setUp();
    wol.mood = mood;
    wol.boot('nas');
    wait(90);
    await time.pass(20_000);
    expect(outcomes).toEqual([undefined]);
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.length).toBeLessThan(4);
    wol.mood = 'well';
    await time.pass(2_700);
    expect(outcomes).toEqual(['ready']);
  });

  it('does not ask in a frenzy, even where wol has no patience', async () => {
    const { time, wol, wait } = setUp();
    wol.mood = 'gone';
    wait(90);
    await time.pass(10_000);
    expect(wol.requests.length).toBeLessThan(60);
  });

  it('takes one answer for all connections of a moment, and no longer', async () => {
    const { time, wol, waking, wait, outcomes } = setUp();
    expect(waking.isReady(nas)).toBe(false);
    wol.boot('nas');
    wait(90);
    await settled();
    await time.pass(readyFor - 1);
    expect(waking.isReady(nas)).toBe(true);
    expect(waking.isReady({ ...nas, address: 'fd00:1::20' })).toBe(false);
    wait(90);
    await settled();
    expect(wol.requests).toHaveLength(1);
    await time.pass(1);
    expect(waking.isReady(nas)).toBe(false);
    wait(90);
    await settled();
    expect(wol.requests).toHaveLength(2);
    expect(outcomes).toEqual(['ready', 'ready', 'ready']);
  });
});
