// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { type ClockCheck, ClockTrust } from './clock-trust.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const now = Date.UTC(2026, 10, 23, 18, 5);

/** A machine: its clock can be set, and both clocks run on together. */
class Machine {
  wall: number;
  uptime: number;
  readonly trust: ClockTrust;
  /** What was put into the store. */
  readonly written: number[] = [];
  /** Problems as they were told, null for trusted again. */
  readonly told: (string | null)[] = [];

  constructor({ wall = now, uptime = 3 * hour, seen = null as number | null } = {}) {
    this.wall = wall;
    this.uptime = uptime;
    this.trust = new ClockTrust({ wall: () => this.wall, uptime: () => this.uptime, seen });
    this.check();
  }

  /** What a daemon does each second. */
  check(): ClockCheck {
    const check = this.trust.check();
    if (check.changed) this.told.push(check.problem);
    const seen = this.trust.toRemember();
    if (seen !== null) this.written.push(seen);
    return check;
  }

  run(milliseconds: number): this {
    for (let passed = 0; passed < milliseconds; passed += second) {
      this.wall += second;
      this.uptime += second;
      this.check();
    }
    return this;
  }

  /** Somebody sets the clock; the daemon finds it within a second. */
  set(wall: number): this {
    this.wall = wall;
    this.check();
    return this;
  }

  get problem(): string | null {
    return this.trust.peek();
  }
}

describe('a clock', () => {
  it('that runs is trusted, and nothing is told of it', () => {
    const machine = new Machine().run(20 * minute);
    expect(machine.problem).toBeNull();
    expect(machine.told).toEqual([]);
  });

  it.each([
    ['back by 59 s', -59 * second, null, null],
    ['forward by 59 s', 59 * second, null, null],
    ['back by 61 s', -61 * second, /^0 s ago the clock was set back by 1 min 1 s: /, null],
    ['forward by 61 s', 61 * second, /^0 s ago the clock was set forward by 1 min 1 s: /, null],
    ['forward by two days', 2 * day, /^0 s ago the clock was set forward by 2 d: /, null],
    [
      'back by an hour',
      -hour,
      /^0 s ago the clock was set back by 1 h: /,
      'the clock went back by 59 min: windows and allowances wait until it is later than 2026-11-23 18:25 UTC, or until you say that it is right: nftoggle trust-clock',
    ],
  ] as const)('that is set %s', (_, step, atOnce, afterAMinute) => {
    const machine = new Machine().run(20 * minute);
    machine.set(machine.wall + step);
    if (atOnce === null) expect(machine.problem).toBeNull();
    else expect(machine.problem).toMatch(atOnce);
    machine.run(59 * second);
    if (atOnce === null) expect(machine.problem).toBeNull();
    else expect(machine.problem).toMatch(/^59 s ago the clock was set /);
    machine.run(second);
    expect(machine.problem).toBe(afterAMinute);
  });

  it('that went back is trusted again once it is where it was', () => {
    const machine = new Machine().run(20 * minute);
    machine.set(machine.wall - 2 * hour).run(2 * hour - 2 * minute);
    expect(machine.problem).toMatch(/^the clock went back by 2 min: /);
    machine.run(minute);
    expect(machine.problem).toBeNull();
    expect(machine.told).toEqual([
      expect.stringMatching(/was set back/),
      expect.stringMatching(/went back/),
      null,
    ]);
  });

  it('of a machine that slept is trusted: the uptime counts the sleep', () => {
    const machine = new Machine().run(minute);
    machine.uptime += 9 * hour;
    machine.set(machine.wall + 9 * hour);
    expect(machine.problem).toBeNull();
  });

  it('that is put right by a second now and then was never set', () => {
    const machine = new Machine();
    for (let round = 0; round < 100; round++) machine.set(machine.wall + second).run(11 * minute);
    expect(machine.told).toEqual([]);
  });

  it('that is set in small steps, one after the other, was set', () => {
    const machine = new Machine();
    machine.set(machine.wall + 40 * second).run(second);
    machine.set(machine.wall + 40 * second);
    expect(machine.problem).toMatch(/^0 s ago the clock was set forward by 1 min 20 s/);
  });

  it('is read at one moment, even when the process is stopped in between', () => {
    let uptime = hour;
    let stopped = false;
    const trust = new ClockTrust({
      wall: () => {
        // Stopped between the two clocks, for ten minutes.
        if (stopped) uptime += 10 * minute;
        stopped = false;
        return now + uptime;
      },
      uptime: () => uptime,
      seen: null,
    });
    expect(trust.check().problem).toBeNull();
    stopped = true;
    expect(trust.check()).toEqual({ problem: null, changed: false });
  });

  it('tells each change once, whoever finds it first', () => {
    const machine = new Machine().run(minute);
    machine.wall += day;
    expect(machine.trust.peek()).not.toBeNull();
    expect(machine.trust.check()).toMatchObject({ changed: true });
    expect(machine.trust.check()).toMatchObject({ changed: false });
  });
});

describe('a machine without a battery', () => {
  it('that starts in 1970 is believed as soon as it has asked the time', () => {
    const machine = new Machine({ wall: 5 * second, uptime: 5 * second, seen: now - day });
    expect(machine.problem).toBe('the clock says 1970-01-01: it was not set since the machine started');
    machine.run(minute).set(now);
    expect(machine.problem).toBeNull();
    expect(machine.told).toEqual([expect.stringMatching(/1970-01-01/), null]);
  });

  it('that is given a time before the latest seen is not believed', () => {
    const machine = new Machine({ wall: 0, seen: now }).set(now - hour);
    expect(machine.problem).toMatch(/^the clock went back by 1 h: /);
  });

  it('that goes on from a saved time waits for the time of today, and a minute', () => {
    // Saved an hour before the power went; two days later it is back.
    const machine = new Machine({ wall: now - hour, uptime: 10 * second, seen: now });
    expect(machine.problem).toMatch(/^the clock went back by 1 h: .* later than 2026-11-23 18:05 UTC, or /);
    machine.run(20 * second).set(now + 2 * day);
    expect(machine.problem).toMatch(/^0 s ago the clock was set forward by 2 d: /);
    machine.run(minute);
    expect(machine.problem).toBeNull();
  });

  it('whose clock falls back to 1970 says so, and is believed when it is right again', () => {
    const machine = new Machine().run(20 * minute);
    const before = machine.wall;
    machine.set(0).run(minute);
    expect(machine.problem).toMatch(/^the clock says 1970-01-01/);
    machine.set(before + minute);
    expect(machine.problem).toBeNull();
  });
});

describe('the latest time seen', () => {
  it('is written once a minute at most, and not before the clock kept steady for ten minutes', () => {
    const machine = new Machine().run(10 * minute - second);
    expect(machine.written).toEqual([]);
    machine.run(3 * minute);
    expect(machine.written).toEqual([now + 10 * minute, now + 11 * minute, now + 12 * minute]);
    machine.set(machine.wall + 5 * minute).run(10 * minute - second);
    expect(machine.written).toHaveLength(3);
    machine.run(second);
    expect(machine.written.at(-1)).toBe(machine.wall);
  });

  it.each([
    ['a minute', minute, null],
    ['nine minutes', 9 * minute, null],
    ['an hour', hour, /^the clock went back by \d+ d/],
  ] as const)('after %s in the far future', (_, long, afterwards) => {
    const machine = new Machine().run(20 * minute);
    const before = machine.wall;
    machine.set(before + 3_000 * day).run(long);
    machine.set(before + long).run(minute);
    if (afterwards === null) expect(machine.problem).toBeNull();
    else expect(machine.problem).toMatch(afterwards);
    expect(machine.written.every((seen) => seen <= machine.wall)).toBe(afterwards === null);
  });

  it('is forgotten when a person says so, here and in every replica', () => {
    const machine = new Machine({ seen: now + 3_000 * day });
    const other = new Machine({ seen: now + 3_000 * day });
    expect(machine.problem).toMatch(/^the clock went back by 3000 d/);
    const accepted = machine.trust.accept();
    expect(accepted).toBe(now);
    expect(machine.problem).toBeNull();
    other.trust.learn(accepted);
    machine.trust.learn(accepted);
    expect(other.problem).toBeNull();
    expect(machine.problem).toBeNull();
    // And both protect the time from there.
    machine
      .run(20 * minute)
      .set(machine.wall - hour)
      .run(minute);
    expect(machine.problem).toMatch(/^the clock went back by/);
  });

  it('is not forgotten here because the store has lost it', () => {
    const machine = new Machine({ seen: now + day });
    machine.trust.learn(null);
    expect(machine.problem).toMatch(/^the clock went back by/);
  });

  it('is never a time before this software existed', () => {
    const machine = new Machine({ wall: 0, seen: now });
    expect(machine.trust.accept()).toBeNull();
    expect(machine.problem).toMatch(/1970/);
  });

  it('is learned from the store after the start, and from another replica', () => {
    const machine = new Machine();
    expect(machine.problem).toBeNull();
    machine.trust.learn(now + 2 * hour);
    expect(machine.check()).toMatchObject({ changed: true });
    expect(machine.problem).toMatch(/^the clock went back by 2 h/);
    machine.trust.learn(now + 3 * hour);
    expect(machine.problem).toMatch(/^the clock went back by 3 h/);
  });

  it('from another replica spares this one a write', () => {
    const machine = new Machine().run(10 * minute);
    expect(machine.written).toHaveLength(1);
    for (let round = 0; round < 10; round++) {
      machine.trust.learn(machine.wall + second);
      machine.run(30 * second);
    }
    expect(machine.written).toHaveLength(1);
  });

  it('outlives a restart', () => {
    const before = new Machine().run(20 * minute);
    const after = new Machine({
      wall: before.wall - hour,
      uptime: before.uptime + second,
      seen: before.written.at(-1) ?? null,
    });
    expect(after.problem).toMatch(/^the clock went back by 1 h/);
  });
});

describe('use is charged', () => {
  it('now, while the clock is trusted', () => {
    const machine = new Machine().run(20 * minute);
    expect(machine.trust.chargeTime()).toBe(machine.wall);
  });

  it.each([
    ['back', -day],
    ['forward', 3_000 * day],
  ])('to the day that runs when the clock is set %s', (_, step) => {
    const machine = new Machine().run(20 * minute);
    const before = machine.wall;
    machine.set(before + step).run(30 * second);
    expect(machine.trust.chargeTime()).toBe(before + 30 * second);
  });

  it('never before the latest time seen', () => {
    expect(new Machine({ seen: now + 50 * second }).trust.chargeTime()).toBe(now + 50 * second);
    expect(new Machine({ wall: 0, seen: now }).trust.chargeTime()).toBe(now);
    expect(new Machine({ wall: now - 2 * day, seen: now }).trust.chargeTime()).toBe(now);
  });
});

describe('the clocks of this machine', () => {
  it('are those that it is made for', async () => {
    const { uptime } = await import('node:os');
    const trust = new ClockTrust({ wall: Date.now, uptime: () => uptime() * 1_000, seen: null });
    expect(trust.check()).toEqual({ problem: null, changed: false });
    expect(trust.check()).toEqual({ problem: null, changed: false });
  });
});
