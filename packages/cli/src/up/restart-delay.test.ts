// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { RestartDelay } from './restart-delay.ts';

describe('the delay before a restart', () => {
  it('is none at first, then doubles from 100 ms to 5 s', () => {
    const delay = new RestartDelay();
    const delays = Array.from({ length: 9 }, () => delay.after(50));
    expect(delays).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  it('starts over after a life of 10 s', () => {
    const delay = new RestartDelay();
    delay.after(50);
    delay.after(50);
    expect(delay.after(9_999)).toBe(200);
    expect(delay.after(10_000)).toBe(0);
    expect(delay.after(50)).toBe(100);
  });
});
