// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { Calendar, dateOf } from './calendar.ts';

const at = (text: string): number => Date.parse(text);
const dayIn = (zone: string, text: string): string => dateOf(new Calendar(zone).keyOf('day', at(text)));

describe('days', () => {
  it('are those of the time zone', () => {
    expect(dayIn('Europe/Berlin', '2026-11-22T22:59:59.999Z')).toBe('2026-11-22');
    expect(dayIn('Europe/Berlin', '2026-11-22T23:00:00Z')).toBe('2026-11-23');
    expect(dayIn('America/New_York', '2026-11-23T04:59:59Z')).toBe('2026-11-22');
    expect(dayIn('Pacific/Kiritimati', '2026-11-22T10:00:00Z')).toBe('2026-11-23');
  });

  it('have 23 and 25 hours when clocks are put forward and back', () => {
    const calendar = new Calendar('Europe/Berlin');
    const hours = (text: string): number => {
      const key = calendar.keyOf('day', at(text));
      return (calendar.startOf('day', key + 1) - calendar.startOf('day', key)) / 3_600_000;
    };
    expect(hours('2026-03-29T12:00:00Z')).toBe(23);
    expect(hours('2026-10-25T12:00:00Z')).toBe(25);
    expect(dayIn('Europe/Berlin', '2026-10-25T22:59:59Z')).toBe('2026-10-25');
    expect(dayIn('Europe/Berlin', '2026-10-25T23:00:00Z')).toBe('2026-10-26');
  });

  it('begin when clocks are put forward at midnight', () => {
    const calendar = new Calendar('America/Santiago');
    const key = calendar.keyOf('day', at('2026-09-06T12:00:00Z'));
    expect(new Date(calendar.startOf('day', key)).toISOString()).toBe('2026-09-06T04:00:00.000Z');
    expect(calendar.floor('day', at('2026-09-06T04:00:00Z'))).toBe(at('2026-09-06T04:00:00Z'));
  });
});

/** Before the days on which the clocks of these zones are put forward and back. */
const changes = [
  '2026-03-01T00:00:00Z',
  '2026-03-28T00:00:00Z',
  '2026-10-03T00:00:00Z',
  '2026-10-24T00:00:00Z',
  '2026-11-01T00:00:00Z',
];

describe('hours', () => {
  it.each([
    'Europe/Berlin',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'America/St_Johns',
    'UTC',
  ])('of %s are parts of one day each', (zone) => {
    const calendar = new Calendar(zone);
    for (const begin of changes)
      for (let instant = at(begin); instant < at(begin) + 9 * 86_400_000; instant += 900_000) {
        const hour = calendar.keyOf('hour', instant) * 1_000;
        expect(calendar.keyOf('day', hour)).toBe(calendar.keyOf('day', instant));
        expect(instant - hour).toBeLessThan(3_600_000);
      }
  });

  it('begin when the clocks of the zone show a whole one', () => {
    expect(new Calendar('Asia/Kolkata').floor('hour', at('2026-11-23T12:00:00Z'))).toBe(
      at('2026-11-23T11:30:00Z'),
    );
  });

  it('reach outwards to whole ones, and stay where they are whole', () => {
    const calendar = new Calendar('Europe/Berlin');
    expect(calendar.ceil('hour', at('2026-11-23T12:00:00Z'))).toBe(at('2026-11-23T12:00:00Z'));
    expect(calendar.ceil('hour', at('2026-11-23T12:00:01Z'))).toBe(at('2026-11-23T13:00:00Z'));
    expect(calendar.ceil('day', at('2026-11-23T12:00:01Z'))).toBe(at('2026-11-23T23:00:00Z'));
    expect(calendar.ceil('minute', at('2026-11-23T12:00:01Z'))).toBe(at('2026-11-23T12:01:00Z'));
  });
});
