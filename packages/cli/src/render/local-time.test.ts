// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { clockText, dayText, momentText } from './local-time.ts';

const berlin = 'Europe/Berlin';

describe('a moment', () => {
  const now = new Date('2026-11-23T12:00:00Z');
  it.each([
    ['2026-11-23T17:40:00Z', '18:40'],
    ['2026-11-23T23:00:00Z', 'tomorrow 00:00'],
    ['2026-11-27T17:40:00Z', 'Fri 18:40'],
    ['2026-11-29T17:40:00Z', 'Sun 18:40'],
    ['2026-11-30T17:40:00Z', 'Mon 30 Nov 18:40'],
    ['2026-11-22T17:40:00Z', 'Sun 22 Nov 18:40'],
    ['2027-01-01T17:40:00Z', 'Fri 1 Jan 2027 18:40'],
  ])('%s is %s', (instant, text) => {
    expect(momentText(instant, now, berlin)).toBe(text);
  });
});

describe('a clock', () => {
  it('says which of two equal times it means', () => {
    expect(clockText(Date.parse('2026-10-25T00:30:00Z'), berlin)).toBe('02:30');
    expect(clockText(Date.parse('2026-10-25T01:30:00Z'), berlin)).toBe('02:30 (the second time)');
    expect(clockText(Date.parse('2026-10-25T02:00:00.500Z'), berlin)).toBe('03:00');
    // Half an hour back, from 02:00 to 01:30.
    expect(clockText(Date.parse('2026-04-04T15:10:00Z'), 'Australia/Lord_Howe')).toBe(
      '01:40 (the second time)',
    );
  });
});

it('names days as people do', () => {
  expect(dayText('2026-03-29')).toBe('Sun 29 Mar');
});
