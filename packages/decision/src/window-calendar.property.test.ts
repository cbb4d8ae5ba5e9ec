// SPDX-License-Identifier: MIT
import type { WindowList } from '@nftoggle/config';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minute, stretches, wallMinutes } from './wall-clock.fixture.ts';
import { WindowCalendar } from './window-calendar.ts';

const day = 1_440 * minute;

/** Whole minutes, as the wall is read once a minute; often such as meet each other, or a change of the clock. */
const beginning = fc.oneof(
  fc.constantFrom(0, 60, 120, 150, 180, 1_320, 1_380, 1_439),
  fc.integer({ min: 0, max: 1_439 }),
);
const length = fc.oneof(
  fc.constantFrom(1, 30, 60, 1_380, 1_439, 1_440),
  fc.integer({ min: 1, max: 600 }),
  fc.integer({ min: 1, max: 1_440 }),
);
const span = fc.tuple(beginning, length).map(([from, of]) => ({ from: from * 60, to: (from + of) * 60 }));

function dateRange(start: string) {
  const date = (offset: number) => new Date(Date.parse(start) + offset * day).toISOString().slice(0, 10);
  return fc
    .tuple(fc.integer({ min: -3, max: 8 }), fc.constantFrom(0, 0, 0, 1, 4, 30))
    .map(([first, more]) => ({ first: date(first), last: date(first + more) }));
}

/** Windows, now and then of every day, with exceptions near the days looked at. */
function windowLists(start: string): fc.Arbitrary<WindowList> {
  const days = fc.oneof(
    fc.constant([1, 2, 3, 4, 5, 6, 7]),
    fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
  );
  const dates = dateRange(start);
  return fc.record({
    weekly: fc.array(
      fc.tuple(days, span).map(([on, times]) => ({ days: on, ...times })),
      { maxLength: 4 },
    ),
    except: fc.array(dates, { maxLength: 2 }),
    also: fc.array(
      fc.tuple(dates, span).map(([on, times]) => ({ dates: on, ...times })),
      { maxLength: 2 },
    ),
  });
}

/** Whether a window is open when clocks have reached a local time, straight from what a window list means. */
function isOpen(list: WindowList, reached: number): boolean {
  const today = Math.floor(reached / day);
  const second = (reached - today * day) / 1_000;
  return [
    { date: today, second },
    { date: today - 1, second: second + 86_400 },
  ].some((probe) =>
    begunOn(list, probe.date).some(({ from, to }) => from <= probe.second && probe.second < to),
  );
}

function begunOn(list: WindowList, date: number) {
  const name = new Date(date * day).toISOString().slice(0, 10);
  const weekday = new Date(date * day).getUTCDay() || 7;
  const excepted = list.except.some(({ first, last }) => first <= name && name <= last);
  return [
    ...list.weekly.filter(({ days }) => !excepted && days.includes(weekday)),
    ...list.also.filter(({ dates }) => dates.first <= name && name <= dates.last),
  ];
}

const worlds = fc.constantFrom(...stretches).chain(([zone, start]) =>
  fc.record({
    zone: fc.constant(zone),
    start: fc.constant(Date.parse(start)),
    list: windowLists(start),
    /** Moments of the stretch, and some days about it. */
    probes: fc.array(fc.integer({ min: -20 * day, max: 40 * day }), { minLength: 1, maxLength: 20 }),
  }),
);

describe('windows in real time', () => {
  it.each(stretches)('are open as clocks on the wall say, in %s from %s', (zone, start) => {
    const minutes = wallMinutes(zone, start);
    fc.assert(
      fc.property(windowLists(start), (list) => {
        const calendar = new WindowCalendar(list, zone);
        for (const { at, reached } of minutes) {
          const open = calendar.at(at) !== null;
          if (open !== isOpen(list, reached))
            throw new Error(`${new Date(at).toISOString()}: open is ${open}`);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('hold the moment they are given for', () => {
    fc.assert(
      fc.property(worlds, ({ zone, start, list, probes }) => {
        const calendar = new WindowCalendar(list, zone);
        for (const now of probes.map((probe) => start + probe)) {
          const open = calendar.at(now);
          if (open === null) continue;
          expect(open.from).toBeLessThanOrEqual(now);
          expect(open.to).toBeGreaterThan(now);
          expect(calendar.at(open.from)).toEqual(open);
          expect(calendar.at(open.from - 1)).toBeNull();
          if (Number.isFinite(open.to)) expect(calendar.at(open.to)).toBeNull();
          if (Number.isFinite(open.to)) expect(calendar.at(open.to - 1)).toEqual(open);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('that come next begin later, and nothing is open before them', () => {
    fc.assert(
      fc.property(
        worlds,
        fc.double({ min: 0, max: 1, noNaN: true }),
        ({ zone, start, list, probes }, part) => {
          const calendar = new WindowCalendar(list, zone);
          for (const now of probes.map((probe) => start + probe)) {
            const shut = calendar.at(now)?.to ?? now;
            const next = calendar.next(now);
            if (next !== null) {
              expect(next.from).toBeGreaterThan(now);
              expect(calendar.at(next.from)).toEqual(next);
            }
            const until = next?.from ?? shut + 400 * day;
            const between = Math.floor(shut + part * (until - shut));
            if (shut < until && between < until) expect(calendar.at(between)).toBeNull();
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('neither overlap nor touch in a listing, which says the same as asking at any moment', () => {
    fc.assert(
      fc.property(worlds, fc.integer({ min: 0, max: 40 * day }), ({ zone, start, list, probes }, long) => {
        const calendar = new WindowCalendar(list, zone);
        const listed = calendar.between(start, start + long);
        listed.forEach(({ from, to }, index) => {
          expect(from).toBeLessThan(to);
          expect(from).toBeGreaterThan(listed[index - 1]?.to ?? start - 1);
          expect(to).toBeLessThanOrEqual(start + long);
        });
        const edges = listed.flatMap(({ from, to }) => [from - 1, from, to - 1, to]);
        for (const at of [...edges, ...probes.map((probe) => start + probe)]) {
          if (at < start || at >= start + long) continue;
          expect(listed.some(({ from, to }) => from <= at && at < to)).toBe(calendar.at(at) !== null);
        }
      }),
      { numRuns: 200 },
    );
  });
});
