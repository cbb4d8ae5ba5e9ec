// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { parsePastMoment } from './past-moment.ts';

const zone = 'Europe/Berlin';
/** Monday 13:00 in Berlin. */
const now = Date.parse('2026-11-23T12:00:00Z');

it.each([
  ['7d', '2026-11-16T12:00:00Z'],
  ['90m ago', '2026-11-23T10:30:00Z'],
  // Sums of days are kept for ever, and events for up to ten years.
  ['2y', '2024-11-23T12:00:00Z'],
  ['400d ago', '2025-10-19T12:00:00Z'],
  ['now', '2026-11-23T12:00:00Z'],
  ['12:59', '2026-11-23T11:59:00Z'],
  ['13:01', '2026-11-22T12:01:00Z'],
  ['today', '2026-11-22T23:00:00Z'],
  ['yesterday', '2026-11-21T23:00:00Z'],
  ['yesterday 18:00', '2026-11-22T17:00:00Z'],
  ['mon', '2026-11-22T23:00:00Z'],
  ['mon 18:00', '2026-11-16T17:00:00Z'],
  ['tue', '2026-11-16T23:00:00Z'],
  ['fri 20:55', '2026-11-20T19:55:00Z'],
  ['2026-11-01', '2026-10-31T23:00:00Z'],
  ['2026-11-01T10:00', '2026-11-01T09:00:00Z'],
  ['2026-11-01T10:00:00Z', '2026-11-01T10:00:00Z'],
  // Who says which day it is means that day, even where it is not over.
  ['today 18:00', '2026-11-23T17:00:00Z'],
  ['tomorrow', '2026-11-23T23:00:00Z'],
  ['2026-12-24', '2026-12-23T23:00:00Z'],
])('%s is %s', (text, expected) => {
  expect(parsePastMoment(text, now, zone)).toEqual({ ok: true, value: Date.parse(expected) });
});

it('finds the last time that clocks showed it, on the days that they are changed too', () => {
  // Clocks went from 03:00 back to 02:00 that night, and showed 02:30 twice.
  const after = Date.parse('2026-10-25T06:00:00Z');
  const last = parsePastMoment('02:30', after, zone);
  expect(last).toEqual({ ok: true, value: Date.parse('2026-10-25T00:30:00Z') });
});

it.each(['99999d', '11y', '2w', '0d', 'last fri', 'sometime'])(
  'tells of %j what would be right of the past',
  (text) => {
    expect(parsePastMoment(text, now, zone)).toEqual({
      ok: false,
      message: `"${text}" is not a moment.`,
      remedy: expect.stringContaining('such as 90m, 7d or 2y'),
    });
  },
);

it.each(['sometime', '', '25:00', '2026-13-01', '7 days', '99999d', 'blursday 18:00'])(
  'takes %j for no moment, and says what would be one',
  (text) => {
    expect(parsePastMoment(text, now, zone)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/./),
      remedy: expect.stringMatching(/./),
    });
  },
);
