// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadlineTimer } from './deadline-timer.ts';

beforeEach(() => vi.useFakeTimers({ now: 0 }));
afterEach(() => vi.useRealTimers());

function setUp() {
  const due: number[] = [];
  const deadlines = new Set<number>();
  const timer = new DeadlineTimer({
    next: () => (deadlines.size === 0 ? undefined : Math.min(...deadlines)),
    now: () => Date.now(),
    onDue: () => {
      const now = Date.now();
      due.push(now);
      for (const at of deadlines) if (at <= now) deadlines.delete(at);
    },
  });
  const add = (at: number): void => {
    deadlines.add(at);
    timer.arm();
  };
  return { timer, add, due };
}

describe('DeadlineTimer', () => {
  it('calls at each deadline, an earlier one that came later among them', () => {
    const { add, due } = setUp();
    add(5_000);
    add(60);
    add(9_000);
    vi.advanceTimersByTime(10_000);
    expect(due).toEqual([60, 5_000, 9_000]);
  });

  it('waits for months', () => {
    const { add, due } = setUp();
    const far = 90 * 24 * 3_600_000;
    add(far);
    vi.advanceTimersByTime(far - 1);
    expect(due).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(due).toEqual([far]);
  });

  it('calls soon for what is overdue already', () => {
    const { add, due } = setUp();
    vi.advanceTimersByTime(100);
    add(50);
    vi.advanceTimersByTime(1);
    expect(due).toEqual([101]);
  });

  it('calls no more when it was stopped', () => {
    const { add, due, timer } = setUp();
    add(50);
    timer.stop();
    timer.arm();
    vi.advanceTimersByTime(100);
    expect(due).toEqual([]);
  });
});
