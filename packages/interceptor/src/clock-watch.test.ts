// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { ClockWatch } from './clock-watch.ts';

function setUp() {
  let [now, ahead] = [1_000, 0];
  const watch = new ClockWatch({ now: () => now, wall: () => now + ahead });
  return {
    watch,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    set: (by: number) => {
      ahead += by;
    },
  };
}

describe('ClockWatch', () => {
  it('minds no time that passes, and no small correction', () => {
    const { watch, pass, set } = setUp();
    pass(3_600_000);
    set(900);
    expect(watch.wasSet()).toBe(false);
  });

  it.each([1_001, -1_001, 86_400_000])('tells once that the clock was set by %d ms', (by) => {
    const { watch, set } = setUp();
    set(by);
    expect([watch.wasSet(), watch.wasSet()]).toEqual([true, false]);
  });

  it('tells of small steps when they add up', () => {
    const { watch, set } = setUp();
    const told = Array.from({ length: 12 }, () => {
      set(100);
      return watch.wasSet();
    });
    expect(told.indexOf(true)).toBe(10);
  });
});
