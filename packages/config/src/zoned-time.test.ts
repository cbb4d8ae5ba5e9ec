// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, daySeconds, localDate, localSecond, weekday, zonedInstant } from './zoned-time.ts';

/** `02:30` and `26:30` as seconds after midnight. */
function second(clock: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  return hours * 3_600 + minutes * 60 + seconds;
}

const at = (zone: string, date: string, clock: string): string =>
  new Date(zonedInstant(zone, date, second(clock))).toISOString().replace('.000', '');

describe('zonedInstant', () => {
  it.each([
    ['in UTC every time is there once', 'UTC', '2026-03-29', '02:30', '2026-03-29T02:30:00Z'],
    ['24:00 is the next day', 'UTC', '2026-12-31', '24:00', '2027-01-01T00:00:00Z'],
    ['a second beyond it, too', 'UTC', '2028-02-28', '26:30:01', '2028-02-29T02:30:01Z'],

    ['before clocks are put forward', 'Europe/Berlin', '2026-03-29', '01:59:59', '2026-03-29T00:59:59Z'],
    ['the first time they skip', 'Europe/Berlin', '2026-03-29', '02:00', '2026-03-29T01:00:00Z'],
    ['one they skip is the change', 'Europe/Berlin', '2026-03-29', '02:30', '2026-03-29T01:00:00Z'],
    ['from the day before', 'Europe/Berlin', '2026-03-28', '26:30', '2026-03-29T01:00:00Z'],
    ['after it', 'Europe/Berlin', '2026-03-29', '03:00', '2026-03-29T01:00:00Z'],
    ['the end of the short day', 'Europe/Berlin', '2026-03-29', '24:00', '2026-03-29T22:00:00Z'],
    ['of two times the first', 'Europe/Berlin', '2026-10-25', '02:30', '2026-10-25T00:30:00Z'],
    ['the first that is there twice', 'Europe/Berlin', '2026-10-25', '02:00', '2026-10-25T00:00:00Z'],
    ['the first that is there once again', 'Europe/Berlin', '2026-10-25', '03:00', '2026-10-25T02:00:00Z'],
    ['the end of the long day', 'Europe/Berlin', '2026-10-25', '24:00', '2026-10-25T23:00:00Z'],

    ['skipped in New York', 'America/New_York', '2026-03-08', '02:30', '2026-03-08T07:00:00Z'],
    ['shown twice in New York', 'America/New_York', '2026-11-01', '01:30', '2026-11-01T05:30:00Z'],

    ['half an hour, skipped', 'Australia/Lord_Howe', '2026-10-04', '02:15', '2026-10-03T15:30:00Z'],
    ['half an hour, not skipped', 'Australia/Lord_Howe', '2026-10-04', '02:30', '2026-10-03T15:30:00Z'],
    ['half an hour, shown twice', 'Australia/Lord_Howe', '2026-04-05', '01:45', '2026-04-04T14:45:00Z'],

    ['no midnight in Cairo', 'Africa/Cairo', '2026-04-24', '00:00', '2026-04-23T22:00:00Z'],
    ['no first half hour', 'Africa/Cairo', '2026-04-24', '00:30', '2026-04-23T22:00:00Z'],
    ['the end of the day before', 'Africa/Cairo', '2026-04-23', '24:00', '2026-04-23T22:00:00Z'],
    ['the last hour twice', 'Africa/Cairo', '2026-10-29', '23:30', '2026-10-29T20:30:00Z'],
    ['the day after that', 'Africa/Cairo', '2026-10-29', '24:00', '2026-10-29T22:00:00Z'],
    ['no midnight in Santiago', 'America/Santiago', '2026-09-06', '00:30', '2026-09-06T04:00:00Z'],

    ['a day that is not there begins', 'Pacific/Apia', '2011-12-30', '00:00', '2011-12-30T10:00:00Z'],
    ['passes', 'Pacific/Apia', '2011-12-30', '12:00', '2011-12-30T10:00:00Z'],
    ['and ends at once', 'Pacific/Apia', '2011-12-30', '24:00', '2011-12-30T10:00:00Z'],
    ['the day before it', 'Pacific/Apia', '2011-12-29', '23:59:59', '2011-12-30T09:59:59Z'],
  ])('%s: %s %s %s', (_, zone, date, clock, instant) => {
    expect(at(zone, date, clock)).toBe(instant);
  });

  const zones = fc.constantFrom(
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Africa/Cairo',
    'America/Santiago',
    'Pacific/Apia',
    'UTC',
  );
  const instants = fc
    .integer({ min: Date.UTC(2009, 0) / 1_000, max: Date.UTC(2030, 0) / 1_000 })
    .map((seconds) => seconds * 1_000);

  it('finds what a clock shows, or an earlier time at which it showed the same', () => {
    fc.assert(
      fc.property(zones, instants, (zone, instant) => {
        const [date, shown] = [localDate(zone, instant), localSecond(zone, instant)];
        const found = zonedInstant(zone, date, shown);
        expect([localDate(zone, found), localSecond(zone, found)]).toEqual([date, shown]);
        expect([0, 1_800_000, 3_600_000]).toContain(instant - found);
      }),
    );
  });

  it('never runs backwards within a day', () => {
    const seconds = fc.integer({ min: 0, max: 2 * daySeconds });
    fc.assert(
      fc.property(zones, instants, seconds, seconds, (zone, instant, a, b) => {
        const date = localDate(zone, instant);
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        expect(zonedInstant(zone, date, first)).toBeLessThanOrEqual(zonedInstant(zone, date, last));
      }),
    );
  });
});

describe('local dates', () => {
  it('are those of the zone', () => {
    const newYear = Date.UTC(2026, 11, 31, 23, 30);
    expect(localDate('UTC', newYear)).toBe('2026-12-31');
    expect(localDate('Europe/Berlin', newYear)).toBe('2027-01-01');
    expect(localSecond('Europe/Berlin', newYear + 250)).toBe(1_800.25);
  });

  it('go on over the end of a month and back', () => {
    expect(addDays('2028-02-28', 2)).toBe('2028-03-01');
    expect(addDays('2027-01-01', -1)).toBe('2026-12-31');
    expect(addDays('2011-12-29', 1)).toBe('2011-12-30');
  });

  it('have days of the week from Monday on', () => {
    expect(['2026-03-23', '2026-03-29', '2028-02-29'].map(weekday)).toEqual([1, 7, 2]);
  });
});
