// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { localTimeText } from './local-time-text.ts';

it.each([
  ['Europe/Berlin', '2026-11-23T17:05:00Z', 'Mon, 23 Nov 2026, 18:05'],
  ['Pacific/Apia', '2099-12-31T23:00:00Z', 'Fri, 1 Jan 2100, 12:00'],
])('a time in %s says its year, for a clock may be wrong by many', (zone, instant, text) => {
  expect(localTimeText(zone, Date.parse(instant))).toBe(text);
});
