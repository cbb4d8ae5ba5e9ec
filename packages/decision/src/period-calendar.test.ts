// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PeriodCalendar } from './period-calendar.ts';
import { minute, stretches, wallMinutes } from './wall-clock.fixture.ts';
import { instant, rows, seconds } from './window-list.fixture.ts';

/** Each row: a moment, and the dates on which its day, week and month began. */
function dates(zone: string, dayStarts: string, text: string): void {
  describe(`${zone}, day starts ${dayStarts}`, () => {
    it.each(rows(text))('%s is of day %s, week %s, month %s', (at, day, week, month) => {
      const calendar = new PeriodCalendar(zone, seconds(dayStarts));
      const now = instant(String(at));
      expect(calendar.day(now)).toBe(day);
      expect(calendar.span('weekly', now).first).toBe(week);
      expect(calendar.span('monthly', now).first).toBe(month);
    });
  });
}

/** Each row: a moment, and the instants at which its day, week and month end. */
function resets(zone: string, dayStarts: string, text: string): void {
  describe(`${zone}, day starts ${dayStarts}`, () => {
    it.each(rows(text))('%s: the day resets %s, the week %s, the month %s', (at, ...ends) => {
      const calendar = new PeriodCalendar(zone, seconds(dayStarts));
      const now = instant(String(at));
      const found = (['daily', 'weekly', 'monthly'] as const).map(
        (period) => calendar.span(period, now).resets,
      );
      expect(found.map(iso)).toEqual(ends.map((end) => iso(instant(end))));
    });
  });
}

const iso = (at: number) => new Date(at).toISOString();

describe('dates', () => {
  dates(
    'UTC',
    '00:00',
    `
    sun 2026-02-15 23:59:59.999 Z | 2026-02-15 | 2026-02-09 | 2026-02-01
    mon 2026-02-16 00:00:00 Z     | 2026-02-16 | 2026-02-16 | 2026-02-01
    sat 2026-02-28 23:59:59 Z     | 2026-02-28 | 2026-02-23 | 2026-02-01
    sun 2026-03-01 00:00:00 Z     | 2026-03-01 | 2026-02-23 | 2026-03-01
    tue 2028-02-29 12:00:00 Z     | 2028-02-29 | 2028-02-28 | 2028-02-01
    thu 2026-12-31 23:59:59 Z     | 2026-12-31 | 2026-12-28 | 2026-12-01
    fri 2027-01-01 00:00:00 Z     | 2027-01-01 | 2026-12-28 | 2027-01-01
    mon 2024-12-30 00:00:00 Z     | 2024-12-30 | 2024-12-30 | 2024-12-01
    `,
  );
  dates(
    'Europe/Berlin',
    '04:00',
    `
    mon 2026-02-16 03:59:59 +01:00 | 2026-02-15 | 2026-02-09 | 2026-02-01
    mon 2026-02-16 04:00:00 +01:00 | 2026-02-16 | 2026-02-16 | 2026-02-01
    sun 2026-03-01 03:59:59 +01:00 | 2026-02-28 | 2026-02-23 | 2026-02-01
    sun 2026-03-01 04:00:00 +01:00 | 2026-03-01 | 2026-02-23 | 2026-03-01
    fri 2027-01-01 03:59:59 +01:00 | 2026-12-31 | 2026-12-28 | 2026-12-01
    `,
  );
  dates(
    'Europe/Berlin',
    '02:30', // skipped on 2026-03-29, shown twice on 2026-10-25
    `
    sun 2026-03-29 01:59:59 +01:00 | 2026-03-28 | 2026-03-23 | 2026-03-01
    sun 2026-03-29 03:00:00 +02:00 | 2026-03-29 | 2026-03-23 | 2026-03-01
    mon 2026-03-30 02:29:59 +02:00 | 2026-03-29 | 2026-03-23 | 2026-03-01
    sun 2026-10-25 02:29:59 +02:00 | 2026-10-24 | 2026-10-19 | 2026-10-01
    sun 2026-10-25 02:30:00 +02:00 | 2026-10-25 | 2026-10-19 | 2026-10-01
    sun 2026-10-25 02:15:00 +01:00 | 2026-10-25 | 2026-10-19 | 2026-10-01
    `,
  );
  dates(
    'America/Santiago',
    '00:00', // put back at midnight from 2026-04-05 to 2026-04-04, put forward at midnight of 2026-09-06
    `
    sat 2026-04-04 23:30:00 -03:00 | 2026-04-04 | 2026-03-30 | 2026-04-01
    sat 2026-04-04 23:30:00 -04:00 | 2026-04-04 | 2026-03-30 | 2026-04-01
    sun 2026-04-05 00:00:00 -04:00 | 2026-04-05 | 2026-03-30 | 2026-04-01
    sun 2026-09-06 01:00:00 -03:00 | 2026-09-06 | 2026-08-31 | 2026-09-01
    `,
  );
  dates(
    'America/St_Johns',
    '00:00', // put back from 00:01 of 2010-11-07 to 23:01 of the day before, which does not begin again
    `
    sat 2010-11-06 23:59:59 -02:30 | 2010-11-06 | 2010-11-01 | 2010-11-01
    sun 2010-11-07 00:00:30 -02:30 | 2010-11-07 | 2010-11-01 | 2010-11-01
    sat 2010-11-06 23:30:00 -03:30 | 2010-11-07 | 2010-11-01 | 2010-11-01
    `,
  );
  dates(
    'Pacific/Apia',
    '04:00', // 2011-12-30 never was, but for the hours before the day of the 31st begins
    `
    thu 2011-12-29 23:59:59 -10:00 | 2011-12-29 | 2011-12-26 | 2011-12-01
    sat 2011-12-31 00:00:00 +14:00 | 2011-12-30 | 2011-12-26 | 2011-12-01
    sat 2011-12-31 04:00:00 +14:00 | 2011-12-31 | 2011-12-26 | 2011-12-01
    `,
  );
});

describe('resets', () => {
  resets(
    'Europe/Berlin',
    '00:00',
    `
    sat 2026-03-28 12:00:00 +01:00 | sun 2026-03-29 00:00:00 +01:00 | mon 2026-03-30 00:00:00 +02:00 | wed 2026-04-01 00:00:00 +02:00
    sun 2026-03-29 12:00:00 +02:00 | mon 2026-03-30 00:00:00 +02:00 | mon 2026-03-30 00:00:00 +02:00 | wed 2026-04-01 00:00:00 +02:00
    sun 2026-10-25 02:30:00 +01:00 | mon 2026-10-26 00:00:00 +01:00 | mon 2026-10-26 00:00:00 +01:00 | sun 2026-11-01 00:00:00 +01:00
    fri 2026-12-25 12:00:00 +01:00 | sat 2026-12-26 00:00:00 +01:00 | mon 2026-12-28 00:00:00 +01:00 | fri 2027-01-01 00:00:00 +01:00
    sat 2026-01-31 12:00:00 +01:00 | sun 2026-02-01 00:00:00 +01:00 | mon 2026-02-02 00:00:00 +01:00 | sun 2026-02-01 00:00:00 +01:00
    `,
  );
  resets(
    'Europe/Berlin',
    '04:00',
    `
    sun 2026-03-29 01:00:00 +01:00 | sun 2026-03-29 04:00:00 +02:00 | mon 2026-03-30 04:00:00 +02:00 | wed 2026-04-01 04:00:00 +02:00
    sat 2028-02-26 12:00:00 +01:00 | sun 2028-02-27 04:00:00 +01:00 | mon 2028-02-28 04:00:00 +01:00 | wed 2028-03-01 04:00:00 +01:00
    wed 2026-04-01 03:00:00 +02:00 | wed 2026-04-01 04:00:00 +02:00 | mon 2026-04-06 04:00:00 +02:00 | wed 2026-04-01 04:00:00 +02:00
    `,
  );
  resets(
    'Europe/Berlin',
    '02:30',
    `
    sun 2026-03-29 01:59:00 +01:00 | sun 2026-03-29 03:00:00 +02:00 | mon 2026-03-30 02:30:00 +02:00 | wed 2026-04-01 02:30:00 +02:00
    sun 2026-10-25 02:29:00 +02:00 | sun 2026-10-25 02:30:00 +02:00 | mon 2026-10-26 02:30:00 +01:00 | sun 2026-11-01 02:30:00 +01:00
    `,
  );
  resets(
    'Pacific/Apia',
    '00:00',
    `
    thu 2011-12-29 12:00:00 -10:00 | sat 2011-12-31 00:00:00 +14:00 | mon 2012-01-02 00:00:00 +14:00 | sun 2012-01-01 00:00:00 +14:00
    sat 2011-12-31 12:00:00 +14:00 | sun 2012-01-01 00:00:00 +14:00 | mon 2012-01-02 00:00:00 +14:00 | sun 2012-01-01 00:00:00 +14:00
    `,
  );
});

describe('lengths', () => {
  const hours = (zone: string, at: string) => {
    const { from, resets: end } = new PeriodCalendar(zone, 0).span('daily', instant(at));
    return (end - from) / 3_600_000;
  };

  it.each([
    ['Europe/Berlin', 'sat 2026-03-28 12:00:00 +01:00', 24],
    ['Europe/Berlin', 'sun 2026-03-29 12:00:00 +02:00', 23],
    ['Europe/Berlin', 'sun 2026-10-25 12:00:00 +01:00', 25],
    ['America/New_York', 'sun 2026-11-01 12:00:00 -05:00', 25],
    ['Australia/Lord_Howe', 'sun 2026-04-05 12:00:00 +10:30', 24.5],
    ['Australia/Lord_Howe', 'sun 2026-10-04 12:00:00 +11:00', 23.5],
    ['America/Santiago', 'sat 2026-04-04 12:00:00 -03:00', 25],
    ['America/Santiago', 'sun 2026-09-06 12:00:00 -03:00', 23],
    ['Antarctica/Troll', 'sun 2026-03-29 12:00:00 +02:00', 22],
  ])('in %s the day of %s has %d hours', (zone, at, expected) => {
    expect(hours(zone, at)).toBe(expected);
  });

  it.each([
    ['2026-02', 28],
    ['2028-02', 29],
    ['2026-04', 30],
    ['2026-12', 31],
  ])('%s has %d days', (month, expected) => {
    const { from, resets: end } = new PeriodCalendar('UTC', 0).span('monthly', Date.parse(`${month}-15`));
    expect((end - from) / 86_400_000).toBe(expected);
  });
});

describe('periods', () => {
  const anyDayStarts = fc.oneof(
    fc.constantFrom(0, 4 * 60, 2 * 60 + 30, 1_439),
    fc.integer({ min: 0, max: 1_439 }),
  );

  it.each(stretches)('are of the date that clocks on the wall say, in %s from %s', (zone, start) => {
    const minutes = wallMinutes(zone, start);
    fc.assert(
      fc.property(anyDayStarts, (starts) => {
        let calendar = new PeriodCalendar(zone, starts * 60);
        for (const [index, { at, reached }] of minutes.entries()) {
          // What it remembers must not be all that makes it right.
          if (index % 29 === 0) calendar = new PeriodCalendar(zone, starts * 60);
          const day = new Date(reached - starts * minute).toISOString().slice(0, 10);
          if (calendar.day(at) !== day)
            throw new Error(`${iso(at)} is of ${calendar.day(at)}, not of ${day}`);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('follow each other without a hole, and hold whole shorter ones', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...stretches),
        fc.constantFrom('daily' as const, 'weekly' as const, 'monthly' as const),
        anyDayStarts,
        fc.integer({ min: 0, max: 60 * 86_400_000 }),
        ([zone, start], period, starts, offset) => {
          const calendar = new PeriodCalendar(zone, starts * 60);
          const now = Date.parse(start) + offset;
          const span = calendar.span(period, now);
          expect(span.from).toBeLessThanOrEqual(now);
          expect(span.resets).toBeGreaterThan(now);
          expect(calendar.span(period, span.from)).toEqual(span);
          expect(calendar.span(period, span.resets - 1)).toEqual(span);
          expect(calendar.span(period, span.resets).from).toBe(span.resets);
          expect(calendar.span('daily', span.from).from).toBe(span.from);
          expect(calendar.day(now) >= span.first && calendar.day(now) < span.next).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
