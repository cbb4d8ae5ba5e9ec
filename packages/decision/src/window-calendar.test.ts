// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { type Interval, WindowCalendar } from './window-calendar.ts';
import { instant, windowList } from './window-list.fixture.ts';
import { iso, table } from './window-table.fixture.ts';

describe('weekly windows', () => {
  table(
    'UTC',
    'mon-fri 16:00-18:00, sat-sun 10:00-21:00',
    `
    fri 2026-02-13 15:59:59.999 Z | -                        | fri 2026-02-13 16:00:00 Z
    fri 2026-02-13 16:00:00 Z     | fri 2026-02-13 18:00:00 Z | sat 2026-02-14 10:00:00 Z
    fri 2026-02-13 17:59:59.999 Z | fri 2026-02-13 18:00:00 Z | sat 2026-02-14 10:00:00 Z
    fri 2026-02-13 18:00:00 Z     | -                        | sat 2026-02-14 10:00:00 Z
    sat 2026-02-14 09:59:59 Z     | -                        | sat 2026-02-14 10:00:00 Z
    sat 2026-02-14 17:00:00 Z     | sat 2026-02-14 21:00:00 Z | sun 2026-02-15 10:00:00 Z
    sun 2026-02-15 20:59:00 Z     | sun 2026-02-15 21:00:00 Z | mon 2026-02-16 16:00:00 Z
    sun 2026-02-15 21:00:00 Z     | -                        | mon 2026-02-16 16:00:00 Z
    mon 2026-02-16 10:00:00 Z     | -                        | mon 2026-02-16 16:00:00 Z
    mon 2026-02-16 16:30:00 Z     | mon 2026-02-16 18:00:00 Z | tue 2026-02-17 16:00:00 Z
    `,
  );
  table(
    'UTC',
    'tue 12:00-13:00',
    `
    tue 2026-02-17 12:30:00 Z | tue 2026-02-17 13:00:00 Z | tue 2026-02-24 12:00:00 Z
    tue 2026-02-17 13:00:00 Z | -                         | tue 2026-02-24 12:00:00 Z
    tue 2026-02-24 11:59:59 Z | -                         | tue 2026-02-24 12:00:00 Z
    `,
  );
  table(
    'UTC',
    'sat-mon 23:00-01:00',
    `
    sat 2026-02-14 22:59:00 Z | -                         | sat 2026-02-14 23:00:00 Z
    sun 2026-02-15 00:30:00 Z | sun 2026-02-15 01:00:00 Z | sun 2026-02-15 23:00:00 Z
    sun 2026-02-15 23:30:00 Z | mon 2026-02-16 01:00:00 Z | mon 2026-02-16 23:00:00 Z
    mon 2026-02-16 00:59:59 Z | mon 2026-02-16 01:00:00 Z | mon 2026-02-16 23:00:00 Z
    tue 2026-02-17 00:30:00 Z | tue 2026-02-17 01:00:00 Z | sat 2026-02-21 23:00:00 Z
    tue 2026-02-17 23:30:00 Z | -                         | sat 2026-02-21 23:00:00 Z
    `,
  );
});

describe('windows that overlap or touch are one', () => {
  table(
    'UTC',
    'fri 10:00-12:00, fri 12:00-14:00, fri 13:00-15:00, fri 15:00:01-16:00',
    `
    fri 2026-02-13 10:00:00 Z | fri 2026-02-13 15:00:00 Z | fri 2026-02-13 15:00:01 Z
    fri 2026-02-13 12:00:00 Z | fri 2026-02-13 15:00:00 Z | fri 2026-02-13 15:00:01 Z
    fri 2026-02-13 15:00:00 Z | -                         | fri 2026-02-13 15:00:01 Z
    fri 2026-02-13 15:00:01 Z | fri 2026-02-13 16:00:00 Z | fri 2026-02-20 10:00:00 Z
    `,
  );
  table(
    'UTC',
    'fri 18:00-02:00, sat 01:00-03:00, sat 03:00-23:00',
    `
    fri 2026-02-13 17:00:00 Z | -                         | fri 2026-02-13 18:00:00 Z
    fri 2026-02-13 18:00:00 Z | sat 2026-02-14 23:00:00 Z | fri 2026-02-20 18:00:00 Z
    sat 2026-02-14 02:30:00 Z | sat 2026-02-14 23:00:00 Z | fri 2026-02-20 18:00:00 Z
    sat 2026-02-14 23:00:00 Z | -                         | fri 2026-02-20 18:00:00 Z
    `,
  );
  table(
    'UTC',
    'fri 08:00-20:00, fri 10:00-12:00',
    `
    fri 2026-02-13 09:00:00 Z | fri 2026-02-13 20:00:00 Z | fri 2026-02-20 08:00:00 Z
    fri 2026-02-13 12:00:00 Z | fri 2026-02-13 20:00:00 Z | fri 2026-02-20 08:00:00 Z
    `,
  );
});

describe('whole days', () => {
  table(
    'Europe/Berlin',
    'daily 00:00-24:00',
    `
    fri 2026-03-27 00:00:00 +01:00 | for ever | -
    sun 2026-03-29 03:00:00 +02:00 | for ever | -
    thu 2099-12-31 23:59:59 +01:00 | for ever | -
    `,
  );
  table(
    'UTC',
    'daily 06:00-06:00',
    `
    fri 2026-02-13 05:59:59 Z | for ever | -
    fri 2026-02-13 06:00:00 Z | for ever | -
    `,
  );
  table(
    'UTC',
    'mon-fri 08:00-20:00, mon-fri 20:00-08:00, sat-sun 08:00-08:00',
    `
    sun 2026-02-15 07:59:59 Z | for ever | -
    mon 2026-02-16 07:59:59 Z | for ever | -
    `,
  );
  table(
    'UTC',
    'mon-thu 08:00-08:00',
    `
    mon 2026-02-16 07:59:59 Z | -                         | mon 2026-02-16 08:00:00 Z
    mon 2026-02-16 08:00:00 Z | fri 2026-02-20 08:00:00 Z | mon 2026-02-23 08:00:00 Z
    fri 2026-02-20 07:59:59 Z | fri 2026-02-20 08:00:00 Z | mon 2026-02-23 08:00:00 Z
    fri 2026-02-20 08:00:00 Z | -                         | mon 2026-02-23 08:00:00 Z
    `,
  );
  table(
    'UTC',
    'mon-sat 00:00-24:00, sun 00:00-23:59:59',
    `
    sun 2026-02-15 23:59:58 Z     | sun 2026-02-15 23:59:59 Z | mon 2026-02-16 00:00:00 Z
    sun 2026-02-15 23:59:59.500 Z | -                         | mon 2026-02-16 00:00:00 Z
    mon 2026-02-16 00:00:00 Z     | sun 2026-02-22 23:59:59 Z | mon 2026-02-23 00:00:00 Z
    `,
  );
});

describe('excepted dates', () => {
  table(
    'UTC',
    'daily 20:00-02:00; except 2026-12-24..2026-12-25',
    `
    wed 2026-12-23 23:00:00 Z | thu 2026-12-24 02:00:00 Z | sat 2026-12-26 20:00:00 Z
    thu 2026-12-24 01:59:59 Z | thu 2026-12-24 02:00:00 Z | sat 2026-12-26 20:00:00 Z
    thu 2026-12-24 21:00:00 Z | -                         | sat 2026-12-26 20:00:00 Z
    fri 2026-12-25 01:00:00 Z | -                         | sat 2026-12-26 20:00:00 Z
    sat 2026-12-26 01:00:00 Z | -                         | sat 2026-12-26 20:00:00 Z
    sun 2026-12-27 01:00:00 Z | sun 2026-12-27 02:00:00 Z | sun 2026-12-27 20:00:00 Z
    `,
  );
  table(
    'UTC',
    'daily 00:00-24:00; except 2026-08-01',
    `
    thu 2026-01-01 12:00:00 Z | sat 2026-08-01 00:00:00 Z | sun 2026-08-02 00:00:00 Z
    sat 2026-08-01 12:00:00 Z | -                         | sun 2026-08-02 00:00:00 Z
    sun 2026-08-02 00:00:00 Z | for ever                  | -
    `,
  );
  table(
    'UTC',
    'daily 12:00-12:00; except 2036-08-01',
    `
    thu 2026-01-01 12:00:00 Z | fri 2036-08-01 12:00:00 Z | sat 2036-08-02 12:00:00 Z
    fri 2036-08-01 11:59:59 Z | fri 2036-08-01 12:00:00 Z | sat 2036-08-02 12:00:00 Z
    sat 2036-08-02 12:00:00 Z | for ever                  | -
    `,
  );
  table(
    'UTC',
    'fri 16:00-18:00; except 2026-02-01..2035-12-31',
    `
    fri 2026-01-30 17:00:00 Z | fri 2026-01-30 18:00:00 Z | fri 2036-01-04 16:00:00 Z
    fri 2026-02-06 17:00:00 Z | -                         | fri 2036-01-04 16:00:00 Z
    fri 2036-01-04 17:00:00 Z | fri 2036-01-04 18:00:00 Z | fri 2036-01-11 16:00:00 Z
    `,
  );
});

describe('dates of their own', () => {
  table(
    'UTC',
    'fri 16:00-18:00; except 2026-12-25; also 2026-12-24..2026-12-26 10:00-12:00',
    `
    wed 2026-12-23 12:00:00 Z | -                         | thu 2026-12-24 10:00:00 Z
    thu 2026-12-24 11:00:00 Z | thu 2026-12-24 12:00:00 Z | fri 2026-12-25 10:00:00 Z
    fri 2026-12-25 11:00:00 Z | fri 2026-12-25 12:00:00 Z | sat 2026-12-26 10:00:00 Z
    fri 2026-12-25 17:00:00 Z | -                         | sat 2026-12-26 10:00:00 Z
    sat 2026-12-26 12:00:00 Z | -                         | fri 2027-01-01 16:00:00 Z
    `,
  );
  table(
    'UTC',
    'also 2026-12-31 20:00-03:00',
    `
    thu 2026-01-01 00:00:00 Z | -                         | thu 2026-12-31 20:00:00 Z
    thu 2026-12-31 20:00:00 Z | fri 2027-01-01 03:00:00 Z | -
    fri 2027-01-01 02:59:59 Z | fri 2027-01-01 03:00:00 Z | -
    fri 2027-01-01 03:00:00 Z | -                         | -
    `,
  );
  table(
    'UTC',
    'fri 16:00-18:00; also 2026-02-13 18:00-21:00; also 2026-02-13 15:00-16:30',
    `
    fri 2026-02-13 14:00:00 Z | -                         | fri 2026-02-13 15:00:00 Z
    fri 2026-02-13 15:00:00 Z | fri 2026-02-13 21:00:00 Z | fri 2026-02-20 16:00:00 Z
    fri 2026-02-20 17:00:00 Z | fri 2026-02-20 18:00:00 Z | fri 2026-02-27 16:00:00 Z
    `,
  );
  table(
    'Europe/Berlin',
    'also 2030-06-01..2031-06-01 00:00-24:00',
    `
    thu 2026-01-01 00:00:00 Z      | -                              | sat 2030-06-01 00:00:00 +02:00
    sat 2030-06-01 00:00:00 +02:00 | mon 2031-06-02 00:00:00 +02:00 | -
    wed 2031-01-01 00:00:00 +01:00 | mon 2031-06-02 00:00:00 +02:00 | -
    mon 2031-06-02 00:00:00 +02:00 | -                              | -
    `,
  );
  table(
    'UTC',
    'daily 08:00-20:00; also 2026-02-01..2026-02-28 20:00-08:00',
    `
    sun 2026-02-01 07:00:00 Z | -                         | sun 2026-02-01 08:00:00 Z
    sun 2026-02-01 08:00:00 Z | sun 2026-03-01 20:00:00 Z | mon 2026-03-02 08:00:00 Z
    sun 2026-03-01 07:00:00 Z | sun 2026-03-01 20:00:00 Z | mon 2026-03-02 08:00:00 Z
    `,
  );
  table(
    'UTC',
    '',
    `
    fri 2026-02-13 12:00:00 Z | - | -
    `,
  );
});

describe('ends of months and years', () => {
  table(
    'UTC',
    'daily 22:00-04:00',
    `
    mon 2028-02-28 23:00:00 Z | tue 2028-02-29 04:00:00 Z | tue 2028-02-29 22:00:00 Z
    tue 2028-02-29 23:00:00 Z | wed 2028-03-01 04:00:00 Z | wed 2028-03-01 22:00:00 Z
    sat 2026-02-28 23:00:00 Z | sun 2026-03-01 04:00:00 Z | sun 2026-03-01 22:00:00 Z
    thu 2026-12-31 23:00:00 Z | fri 2027-01-01 04:00:00 Z | fri 2027-01-01 22:00:00 Z
    fri 2027-01-01 03:00:00 Z | fri 2027-01-01 04:00:00 Z | fri 2027-01-01 22:00:00 Z
    `,
  );
  table(
    'UTC',
    'also 2028-02-29 10:00-11:00',
    `
    tue 2028-02-29 10:30:00 Z | tue 2028-02-29 11:00:00 Z | -
    wed 2028-03-01 10:30:00 Z | -                         | -
    `,
  );
});

describe('beginnings', () => {
  const began = (windows: string, now: string) =>
    iso(new WindowCalendar(windowList(windows), 'UTC').at(instant(now))?.from ?? null);
  const monday = 'mon 2026-02-16 12:00:00 Z';

  it('are found however long ago', () => {
    expect(began('mon 10:00-13:00', monday)).toBe('2026-02-16T10:00:00.000Z');
    expect(began('sun 18:00-18:00', monday)).toBe('2026-02-15T18:00:00.000Z');
    expect(began('mon-sat 00:00-24:00', 'sat 2026-02-21 23:59:59 Z')).toBe('2026-02-16T00:00:00.000Z');
    expect(began('daily 09:00-09:00; except 2009-07-03', monday)).toBe('2009-07-04T09:00:00.000Z');
    expect(began('daily 09:00-09:00; except 2009-07-03..2009-07-05', monday)).toBe(
      '2009-07-06T09:00:00.000Z',
    );
    expect(began('also 2001-01-01..2030-01-01 00:00-24:00', monday)).toBe('2001-01-01T00:00:00.000Z');
  });

  it('are 1970-01-01 for what was always open', () => {
    expect(began('daily 00:00-24:00', monday)).toBe('1970-01-01T00:00:00.000Z');
  });

  it('are never before 1970', () => {
    const calendar = new WindowCalendar(windowList('daily 09:00-10:00'), 'America/New_York');
    expect(calendar.at(Date.parse('1969-12-31T14:30:00Z'))).toBeNull();
    expect(calendar.next(Date.parse('1960-12-31T14:30:00Z'))?.from).toBe(Date.parse('1970-01-01T14:00:00Z'));
  });
});

describe('windows between two moments', () => {
  const texts = (list: readonly Interval[]) => list.map(({ from, to }) => `${iso(from)}/${iso(to)}`);
  const of = (windows: string, from: string, to: string) =>
    texts(new WindowCalendar(windowList(windows), 'Europe/Berlin').between(instant(from), instant(to)));

  it('are clipped to them', () => {
    expect(
      of('daily 10:00-12:00', 'sat 2026-03-28 11:00:00 +01:00', 'mon 2026-03-30 11:00:00 +02:00'),
    ).toEqual([
      '2026-03-28T10:00:00.000Z/2026-03-28T11:00:00.000Z',
      '2026-03-29T08:00:00.000Z/2026-03-29T10:00:00.000Z',
      '2026-03-30T08:00:00.000Z/2026-03-30T09:00:00.000Z',
    ]);
  });

  it('are the whole time where it never closes', () => {
    expect(of('daily 00:00-24:00', 'sat 2026-03-28 11:00:00 Z', 'mon 2026-03-30 11:00:00 Z')).toEqual([
      '2026-03-28T11:00:00.000Z/2026-03-30T11:00:00.000Z',
    ]);
  });

  it('are none in no time, in time that runs backwards, and where nothing is open', () => {
    expect(of('daily 00:00-24:00', 'sat 2026-03-28 11:00:00 Z', 'sat 2026-03-28 11:00:00 Z')).toEqual([]);
    expect(of('daily 00:00-24:00', 'sat 2026-03-28 11:00:00 Z', 'fri 2026-03-27 11:00:00 Z')).toEqual([]);
    expect(
      of('daily 10:00-12:00', 'sat 2026-03-28 12:00:00 +01:00', 'sun 2026-03-29 10:00:00 +02:00'),
    ).toEqual([]);
  });

  it('reach over as many days as are asked for', () => {
    expect(of('mon-fri 16:00-18:00', 'thu 2026-01-01 00:00:00 Z', 'fri 2027-01-01 00:00:00 Z')).toHaveLength(
      261,
    );
  });

  it('cannot be listed for ever', () => {
    const calendar = new WindowCalendar(windowList('daily 10:00-12:00'), 'UTC');
    expect(() => calendar.between(0, Number.POSITIVE_INFINITY)).toThrow(TypeError);
  });
});

it('answers the same whatever it was asked before', () => {
  const list = windowList('sat-sun 22:00-06:00, wed 12:00-12:00; except 2026-05-02..2026-05-09');
  const used = new WindowCalendar(list, 'Europe/Berlin');
  const start = instant('thu 2026-01-01 00:00:00 Z');
  for (let step = 0; step < 300; step += 1) {
    const now = start + ((step * 7_919) % 365) * 86_400_000 + step * 1_000_003;
    const fresh = new WindowCalendar(list, 'Europe/Berlin');
    expect([used.at(now), used.next(now)]).toEqual([fresh.at(now), fresh.next(now)]);
  }
});
