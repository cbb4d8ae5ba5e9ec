// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chargesByDay } from './charge-split.ts';
import { PeriodCalendar } from './period-calendar.ts';
import { minute, stretches } from './wall-clock.fixture.ts';
import { WindowCalendar } from './window-calendar.ts';
import { instant, seconds, windowList } from './window-list.fixture.ts';

function split(
  [zone, dayStarts]: readonly [string, string],
  [from, to]: readonly [string, string],
  used: number,
  uncharged: readonly (string | null)[],
) {
  const calendars = uncharged.map((text) =>
    text === null ? null : new WindowCalendar(windowList(text), zone),
  );
  const calendar = new PeriodCalendar(zone, seconds(dayStarts));
  return chargesByDay({ from: instant(from), to: instant(to) }, used, calendar, calendars);
}

const utc = ['UTC', '00:00'] as const;
const berlin = ['Europe/Berlin', '04:00'] as const;
const noon = ['thu 2026-02-19 12:00:00 Z', 'thu 2026-02-19 12:00:10 Z'] as const;
const midnight = ['thu 2026-02-19 23:59:58 Z', 'fri 2026-02-20 00:00:08 Z'] as const;

describe('what was used in a span', () => {
  it('is charged to its day', () => {
    expect(split(utc, noon, 10_000, [null])).toEqual([{ day: '2026-02-19', used: 10_000 }]);
    expect(split(utc, noon, 3_333, [null])).toEqual([{ day: '2026-02-19', used: 3_333 }]);
  });

  it('is charged to both days in proportion, where the day ends within', () => {
    expect(split(utc, midnight, 10_000, [null])).toEqual([
      { day: '2026-02-19', used: 2_000 },
      { day: '2026-02-20', used: 8_000 },
    ]);
    expect(split(utc, midnight, 5_001, [null])).toEqual([
      { day: '2026-02-19', used: 1_000 },
      { day: '2026-02-20', used: 4_001 },
    ]);
  });

  it('is charged to days that begin at the time that is set', () => {
    const span = ['sun 2026-10-25 03:59:50 +01:00', 'sun 2026-10-25 04:00:10 +01:00'] as const;
    expect(split(berlin, span, 20_000, [null])).toEqual([
      { day: '2026-10-24', used: 10_000 },
      { day: '2026-10-25', used: 10_000 },
    ]);
    expect(split(berlin, midnight, 10_000, [null])).toEqual([{ day: '2026-02-19', used: 10_000 }]);
  });

  it('is charged to every day of a long span, of which one may have 23 hours', () => {
    const span = ['sat 2026-03-28 00:00:00 +01:00', 'tue 2026-03-31 00:00:00 +02:00'] as const;
    expect(split(['Europe/Berlin', '00:00'], span, 71 * 3_600_000, [null])).toEqual([
      { day: '2026-03-28', used: 24 * 3_600_000 },
      { day: '2026-03-29', used: 23 * 3_600_000 },
      { day: '2026-03-30', used: 24 * 3_600_000 },
    ]);
  });

  it('is nothing where nothing was used', () => {
    expect(split(utc, noon, 0, [null])).toEqual([]);
  });

  it('is charged without a fraction of a millisecond', () => {
    expect(split(utc, noon, 3_333.7, [null])).toEqual([{ day: '2026-02-19', used: 3_333 }]);
  });

  it('is charged in full where the clock was put back, or stood', () => {
    const back = ['fri 2026-02-20 00:00:08 Z', 'thu 2026-02-19 23:59:58 Z'] as const;
    const stood = ['thu 2026-02-19 12:00:00 Z', 'thu 2026-02-19 12:00:00 Z'] as const;
    expect(split(utc, back, 10_000, [null])).toEqual([{ day: '2026-02-19', used: 10_000 }]);
    expect(split(utc, stood, 10_000, [null])).toEqual([{ day: '2026-02-19', used: 10_000 }]);
    expect(split(utc, stood, 10_000, ['thu 12:00-13:00'])).toEqual([]);
  });

  it('is charged in full where the clock went slower than the meter', () => {
    expect(split(utc, noon, 10_004, [null])).toEqual([{ day: '2026-02-19', used: 10_004 }]);
  });
});

describe('windows that are not charged', () => {
  it('cost nothing', () => {
    expect(split(utc, noon, 10_000, ['daily 08:00-20:00'])).toEqual([]);
  });

  it('cost nothing for the part of the span that lies in them', () => {
    expect(split(utc, noon, 10_000, ['thu 12:00:04-13:00'])).toEqual([{ day: '2026-02-19', used: 4_000 }]);
    expect(split(utc, noon, 5_000, ['thu 12:00:02-12:00:03, thu 12:00:05-12:00:08'])).toEqual([
      { day: '2026-02-19', used: 3_000 },
    ]);
  });

  it('are charged all the same while another allowance of the account charges', () => {
    expect(split(utc, noon, 10_000, ['daily 08:00-20:00', null])).toEqual([
      { day: '2026-02-19', used: 10_000 },
    ]);
    expect(split(utc, noon, 10_000, ['daily 08:00-20:00', 'thu 12:00:03-12:00:05'])).toEqual([
      { day: '2026-02-19', used: 8_000 },
    ]);
  });

  it('change nothing elsewhere', () => {
    expect(split(utc, noon, 10_000, ['daily 20:00-22:00'])).toEqual([{ day: '2026-02-19', used: 10_000 }]);
    expect(split(utc, midnight, 10_000, ['fri 00:00-06:00'])).toEqual([{ day: '2026-02-19', used: 2_000 }]);
  });

  it('do not exist of an account without allowances', () => {
    expect(split(utc, noon, 10_000, [])).toEqual([{ day: '2026-02-19', used: 10_000 }]);
  });
});

describe('whatever the span', () => {
  const lists = fc.constantFrom(
    'daily 00:00-24:00',
    'daily 22:00-06:00',
    'sat-sun 00:00-24:00',
    'daily 01:30-02:30, daily 03:00-05:00',
    'mon-fri 08:00-16:00; except 2026-03-27',
    '',
  );
  const worlds = fc.record({
    stretch: fc.constantFrom(...stretches),
    dayStarts: fc.constantFrom('00:00', '04:00', '02:30'),
    offset: fc.integer({ min: 0, max: 5 * 1_440 }),
    length: fc.integer({ min: 1, max: 2_000 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    uncharged: fc.array(fc.option(lists, { nil: null, freq: 6 }), { maxLength: 3 }),
  });

  it('no more is charged than was used, and to no day more than its charged moments', () => {
    fc.assert(
      fc.property(worlds, ({ stretch: [zone, start], dayStarts, offset, length, part, uncharged }) => {
        const calendar = new PeriodCalendar(zone, seconds(dayStarts));
        const calendars = uncharged.map((each) =>
          each === null ? null : new WindowCalendar(windowList(each), zone),
        );
        const from = Date.parse(start) + offset * minute;
        const to = from + length * minute;
        const used = Math.floor(part * (to - from));
        // Every edge is on a whole minute, so one moment of each stands for all of it.
        const expected = new Map<string, number>();
        for (let at = from; at < to; at += minute) {
          const free =
            calendars.length > 0 && calendars.every((each) => each !== null && each.at(at) !== null);
          const day = calendar.day(at);
          if (!free) expected.set(day, (expected.get(day) ?? 0) + minute);
        }
        const charges = chargesByDay({ from, to }, used, calendar, calendars);
        const sum = charges.reduce((total, each) => total + each.used, 0);
        const charged = [...expected.values()].reduce((total, each) => total + each, 0);
        expect(sum).toBe(Math.floor((used * charged) / (to - from)));
        expect(new Set(charges.map(({ day }) => day)).size).toBe(charges.length);
        for (const each of charges) {
          const most = expected.get(each.day) ?? 0;
          expect(Number.isInteger(each.used) && each.used > 0).toBe(true);
          expect(each.used).toBeLessThanOrEqual(most);
          expect(Math.abs(each.used - (used * most) / (to - from))).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 200 },
    );
  });
});
