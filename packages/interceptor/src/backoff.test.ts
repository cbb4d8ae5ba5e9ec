// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Backoff } from './backoff.ts';

describe('Backoff', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('comes back after 100 ms, then ever later, at most 10 s', () => {
    const backoff = new Backoff();
    const delays = Array.from({ length: 10 }, () => {
      const start = Date.now();
      let end = start;
      backoff.again(() => {
        end = Date.now();
      });
      vi.runAllTimers();
      return end - start;
    });
    expect(delays.slice(0, 3)).toEqual([100, 200, 400]);
    expect(delays.slice(7)).toEqual([10_000, 10_000, 10_000]);
    expect(backoff.failures).toBe(10);
  });

  it('has one call due at a time, and none after a reset, from which it starts anew', () => {
    const backoff = new Backoff();
    const calls: number[] = [];
    backoff.again(() => calls.push(1));
    backoff.again(() => calls.push(2));
    vi.runAllTimers();
    expect(calls).toEqual([2]);
    backoff.again(() => calls.push(3));
    backoff.reset();
    vi.runAllTimers();
    expect(calls).toEqual([2]);
    backoff.again(() => calls.push(4));
    vi.advanceTimersByTime(100);
    expect(calls).toEqual([2, 4]);
  });
});
