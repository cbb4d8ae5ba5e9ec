// SPDX-License-Identifier: MIT
import type { CloudEvent } from '@nftoggle/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Batches, manyEvents, mostEvents } from './batches.ts';
import { aDenial } from './stats.fixture.ts';

let commits: { readonly at: number; readonly events: number }[];
/** Ids of what was stored, in that order. */
let stored: string[];
let failing: Error | undefined;
let failures: unknown[];
let batches: Batches;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  commits = [];
  stored = [];
  failures = [];
  failing = undefined;
  batches = new Batches({
    commit: (events) => {
      if (failing !== undefined) throw failing;
      stored.push(...events.map(({ id }) => id));
      commits.push({ at: performance.now(), events: events.length });
    },
    onFailure: (error) => failures.push(error),
  });
});
afterEach(() => vi.useRealTimers());

const some = (count: number): readonly CloudEvent[] => Array.from({ length: count }, () => aDenial());

describe('batches', () => {
  it('store the first event after a quiet time soon, with what comes right after it', async () => {
    const first = batches.add(some(1));
    await vi.advanceTimersByTimeAsync(100);
    const second = batches.add(some(2));
    expect(commits).toEqual([]);
    await vi.advanceTimersByTimeAsync(150);
    await Promise.all([first, second]);
    expect(commits.map(({ events }) => events)).toEqual([3]);
  });

  it('write twelve times a minute at most while a few events keep coming', async () => {
    for (let second = 0; second < 600; second += 1) {
      void batches.add(some(3));
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(5_000);
    expect(commits.length).toBeLessThanOrEqual(13);
    expect(commits.reduce((sum, { events }) => sum + events, 0)).toBe(1_800);
  });

  it('write at once when many wait, a part at a time', async () => {
    void batches.add(some(1));
    await vi.advanceTimersByTimeAsync(300);
    const all = batches.add(some(mostEvents * 2 + 5));
    await vi.advanceTimersByTimeAsync(10);
    await all;
    expect(commits.map(({ events }) => events)).toEqual([1, mostEvents, mostEvents, 5]);
    expect((commits[2]?.at ?? 0) - (commits[1]?.at ?? 0)).toBeLessThan(100);
  });

  it('hurry as soon as a small batch has become a large one', async () => {
    void batches.add(some(1));
    await vi.advanceTimersByTimeAsync(300);
    void batches.add(some(1));
    await vi.advanceTimersByTimeAsync(10);
    void batches.add(some(manyEvents));
    await vi.advanceTimersByTimeAsync(10);
    expect(commits.map(({ events }) => events)).toEqual([1, manyEvents + 1]);
  });

  it('hurry when they are told that more is to come', async () => {
    void batches.add(some(1));
    await vi.advanceTimersByTimeAsync(300);
    void batches.add(some(20));
    batches.hurry();
    await vi.advanceTimersByTimeAsync(10);
    batches.hurry();
    void batches.add(some(1));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(commits.map(({ events }) => events)).toEqual([1, 20]);
  });

  it('promise nothing that is not stored: what fails is tried again, less and less often, in order', async () => {
    failing = new Error('database or disk is full');
    const [first, second, third] = [some(mostEvents), some(10), some(1)];
    let promised = false;
    void batches.add(first).then(() => {
      promised = true;
    });
    void batches.add(second);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(promised).toBe(false);
    expect(failures.length).toBeGreaterThan(4);
    expect(failures.length).toBeLessThan(9);
    void batches.add(third);
    failing = undefined;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(promised).toBe(true);
    expect(stored).toEqual([...first, ...second, ...third].map(({ id }) => id));
  });

  it('store what waits when they are stopped, and take nothing more', async () => {
    const waiting = batches.add(some(1));
    batches.stop();
    await waiting;
    expect(commits).toHaveLength(1);
    await expect(batches.add(some(1))).rejects.toThrow('stopped');
  });

  it('leave what they could not store when they are stopped', async () => {
    failing = new Error('database or disk is full');
    const waiting = batches.add(some(1));
    batches.stop();
    await expect(waiting).rejects.toThrow('stopped before it could be stored');
    expect(vi.getTimerCount()).toBe(0);
  });
});
