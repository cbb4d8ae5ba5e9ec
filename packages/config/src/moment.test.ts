// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { parseMoment } from './moment.ts';

const zone = 'Europe/Berlin';
/** Friday noon in Berlin. */
const noon = '2026-10-16T10:00:00Z';

function read(text: string, now = noon, where = zone): string {
  const moment = parseMoment(text, Date.parse(now), where);
  return moment.ok
    ? new Date(moment.value).toISOString().replace('.000', '')
    : `${moment.message} ${moment.remedy}`;
}

describe('parseMoment', () => {
  it.each([
    ['now', '2026-10-16T10:00:00Z'],
    ['18:40', '2026-10-16T16:40:00Z'],
    ['18:40:30', '2026-10-16T16:40:30Z'],
    ['12:00:01', '2026-10-16T10:00:01Z'],
    ['12:00', '2026-10-17T10:00:00Z'],
    ['11:59', '2026-10-17T09:59:00Z'],
    ['00:00', '2026-10-16T22:00:00Z'],
    ['24:00', '2026-10-16T22:00:00Z'],
    ['fri 20:55', '2026-10-16T18:55:00Z'],
    ['FRIDAY 12:00', '2026-10-23T10:00:00Z'],
    ['fri 24:00', '2026-10-16T22:00:00Z'],
    ['thu 10:00', '2026-10-22T08:00:00Z'],
    ['thu 24:00', '2026-10-22T22:00:00Z'],
    ['mon 08:00', '2026-10-19T06:00:00Z'],
    ['today 20:00', '2026-10-16T18:00:00Z'],
    ['today 02:00', '2026-10-16T00:00:00Z'],
    ['tomorrow 08:00', '2026-10-17T06:00:00Z'],
    ['Yesterday 08:00', '2026-10-15T06:00:00Z'],
    [' tomorrow  08:00 ', '2026-10-17T06:00:00Z'],
    ['2026-12-31', '2026-12-30T23:00:00Z'],
    ['2026-12-31T18:00', '2026-12-31T17:00:00Z'],
    ['2026-12-31 18:00:30', '2026-12-31T17:00:30Z'],
    ['2026-12-31t18:00z', '2026-12-31T18:00:00Z'],
    ['2026-12-31T18:00:00.123+05:00', '2026-12-31T13:00:00.123Z'],
  ])('reads %s as %s', (text, instant) => {
    expect(read(text)).toBe(instant);
  });

  it.each([
    ['02:30', '2026-03-28T22:00:00Z', '2026-03-29T01:00:00Z', 'the change, when clocks skip it'],
    ['02:30', '2026-10-24T22:00:00Z', '2026-10-25T00:30:00Z', 'the first of two'],
    ['02:30', '2026-10-25T00:45:00Z', '2026-10-25T01:30:00Z', 'the second, when the first is over'],
    ['02:30', '2026-10-25T01:30:00Z', '2026-10-26T01:30:00Z', 'the next day, when both are'],
    ['sun 02:30', '2026-10-25T00:45:00Z', '2026-10-25T01:30:00Z', 'the second on that day, too'],
  ])('reads %s at %s as %s: %s', (text, now, instant) => {
    expect(read(text, now)).toBe(instant);
  });

  it('knows what day it is by the clocks of the zone', () => {
    expect(read('today 20:00', '2026-10-16T23:30:00Z')).toBe('2026-10-17T18:00:00Z');
    expect(read('today 20:00', '2026-10-16T23:30:00Z', 'America/New_York')).toBe('2026-10-17T00:00:00Z');
  });

  it.each([
    [
      '',
      '"" is not a moment. Write a time, such as 18:40, "fri 20:55", "tomorrow 08:00" or 2026-12-31T18:00.',
    ],
    [
      'hello',
      '"hello" is not a moment. Write a time, such as 18:40, "fri 20:55", "tomorrow 08:00" or 2026-12-31T18:00.',
    ],
    ['6pm', '"6pm" is not a moment. Write "18:00".'],
    ['8:00', '"8:00" is not a moment. Write "08:00".'],
    ['next friday at 8pm', '"next friday at 8pm" is not a moment. Write "friday 20:00".'],
    ['midnight', '"midnight" is not a moment. Write "24:00".'],
    ['fri', '"fri" is a whole day. Add the time, such as "fri 20:00".'],
    ['tomorrow', '"tomorrow" is a whole day. Add the time, such as "tomorrow 20:00".'],
    ['fry 20:55', '"fry" is not a day. Did you mean "fri"?'],
    ['2h', '"2h" is a length of time. Write the moment that it leads to, such as 18:40.'],
    ['in 1h30m', '"in 1h30m" is a length of time. Write the moment that it leads to, such as 18:40.'],
    ['25:00', '"25:00" is not a time of day. Times go from 00:00 to 23:59, and 24:00 is the end of a day.'],
    [
      'fri 20:60',
      '"20:60" is not a time of day. Times go from 00:00 to 23:59, and 24:00 is the end of a day.',
    ],
    ['31.12.2026 18:00', '"31.12.2026 18:00" is not a moment. Write 2026-12-31T18:00.'],
    ['2026-02-30', '"2026-02-30" is not a date. February 2026 has 28 days.'],
  ])('refuses %j', (text, answer) => {
    expect(read(text)).toBe(answer);
  });
});
