// SPDX-License-Identifier: MIT
// Decisions around midnight, leap days, the ends of years and both clock changes of several time zones.
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { answerText, aPolicy, aWorld, moment } from './world.fixture.ts';

const services = `
services:
  evening: { ports: [1/tcp], open_for: 24h, allow: [{ from: any, windows: [20:00-24:00] }] }
  night: { ports: [2/tcp], open_for: 24h, allow: [{ from: any, windows: [22:00-06:00] }] }
  early: { ports: [3/tcp], open_for: 24h, allow: [{ from: any, windows: [02:15-02:45] }] }
  always: { ports: [4/tcp], open_for: 1h, allow: [{ from: any, windows: [mon-sun 00:00-24:00] }] }
  closed_at_night: { ports: [5/tcp], open_for: 24h, deny: [{ from: any, windows: [01:30-03:30] }], allow: [any] }
  budget: { ports: [6/tcp], open_for: 12h, allow: [{ from: any, allowance: { daily: 10h } }] }
  leap: { ports: [7/tcp], open_for: 24h, allow: [{ from: any, windows: [], also: ["2028-02-29 10:00-12:00"] }] }
  weekend: { ports: [8/tcp], open_for: 24h, allow: [{ from: any, windows: [sat-sun 00:00-24:00] }] }
`;

/** Answers are in UTC. */
type Row = readonly [service: string, at: string, answer: string];

function answers(zone: string, rows: readonly Row[]): void {
  const policy = aPolicy(`version: 1\ntimezone: ${zone}\n${services}`);
  it.each(rows)(`${zone}: %s, %s: %s`, (service, at, answer) => {
    const source = { address: '203.0.113.7' };
    const decision = decide(policy, aWorld(), { service, source }, moment(at, zone));
    expect(answerText(decision, 'UTC')).toBe(answer);
  });
}

describe('on the day on which the clock is put forward', () => {
  // 02:00 to 03:00 is skipped on 2026-03-29.
  answers('Europe/Berlin', [
    ['night', '2026-03-28T22:00+01:00', 'allow[0] until 2026-03-29 04:00 window_end'],
    ['night', '2026-03-29T01:59+01:00', 'allow[0] until 2026-03-29 04:00 window_end'],
    ['night', '2026-03-29T06:00+02:00', 'deny outside_window allow[0] next 2026-03-29 20:00'],
    ['early', '2026-03-29T01:00+01:00', 'deny outside_window allow[0] next 2026-03-30 00:15'],
    ['early', '2026-03-29T03:00+02:00', 'deny outside_window allow[0] next 2026-03-30 00:15'],
    ['early', '2026-03-28T02:15+01:00', 'allow[0] until 2026-03-28 01:45 window_end'],
    ['closed_at_night', '2026-03-29T00:00+01:00', 'allow[0] until 2026-03-29 00:30 window_end'],
    ['closed_at_night', '2026-03-29T01:30+01:00', 'deny rule_denies deny[0] next 2026-03-29 01:30'],
    ['closed_at_night', '2026-03-29T03:29+02:00', 'deny rule_denies deny[0] next 2026-03-29 01:30'],
    ['closed_at_night', '2026-03-29T03:30+02:00', 'allow[0] until 2026-03-29 23:30 window_end'],
    ['weekend', '2026-03-28T12:00+01:00', 'allow[0] until 2026-03-29 11:00 session_time'],
    ['weekend', '2026-03-29T12:00+02:00', 'allow[0] until 2026-03-29 22:00 window_end'],
    ['always', '2026-03-29T01:30+01:00', 'allow[0] until 2026-03-29 01:30 session_time'],
  ]);

  // 02:00 to 03:00 is skipped on 2026-03-08.
  answers('America/New_York', [
    ['early', '2026-03-08T00:30-05:00', 'deny outside_window allow[0] next 2026-03-09 06:15'],
    ['night', '2026-03-07T23:00-05:00', 'allow[0] until 2026-03-08 10:00 window_end'],
    ['closed_at_night', '2026-03-08T01:30-05:00', 'deny rule_denies deny[0] next 2026-03-08 07:30'],
  ]);

  // Half an hour is skipped, from 02:00 to 02:30, on 2026-10-04.
  answers('Australia/Lord_Howe', [
    ['early', '2026-10-04T01:00+10:30', 'deny outside_window allow[0] next 2026-10-03 15:30'],
    ['early', '2026-10-04T02:30+11:00', 'allow[0] until 2026-10-03 15:45 window_end'],
    ['night', '2026-10-03T22:00+10:30', 'allow[0] until 2026-10-03 19:00 window_end'],
  ]);

  // 00:00 to 01:00 is skipped on 2026-04-24: the day begins at 01:00.
  answers('Africa/Cairo', [
    ['evening', '2026-04-23T20:00+02:00', 'allow[0] until 2026-04-23 22:00 window_end'],
    ['evening', '2026-04-24T01:00+03:00', 'deny outside_window allow[0] next 2026-04-24 17:00'],
    ['weekend', '2026-04-24T01:00+03:00', 'deny outside_window allow[0] next 2026-04-24 21:00'],
    ['night', '2026-04-23T23:59+02:00', 'allow[0] until 2026-04-24 03:00 window_end'],
  ]);
});

describe('on the day on which the clock is put back', () => {
  // 02:00 to 03:00 is shown twice on 2026-10-25.
  answers('Europe/Berlin', [
    ['night', '2026-10-24T22:00+02:00', 'allow[0] until 2026-10-25 05:00 window_end'],
    ['night', '2026-10-25T02:30+01:00', 'allow[0] until 2026-10-25 05:00 window_end'],
    ['early', '2026-10-25T02:15+02:00', 'allow[0] until 2026-10-25 00:45 window_end'],
    ['early', '2026-10-25T02:15+01:00', 'deny outside_window allow[0] next 2026-10-26 01:15'],
    ['closed_at_night', '2026-10-25T01:30+02:00', 'deny rule_denies deny[0] next 2026-10-25 02:30'],
    ['closed_at_night', '2026-10-25T02:30+01:00', 'deny rule_denies deny[0] next 2026-10-25 02:30'],
    ['weekend', '2026-10-25T00:00+02:00', 'allow[0] until 2026-10-25 22:00 session_time'],
    ['weekend', '2026-10-25T23:30+01:00', 'allow[0] until 2026-10-25 23:00 window_end'],
  ]);

  // 01:00 to 02:00 is shown twice on 2026-11-01.
  answers('America/New_York', [
    ['closed_at_night', '2026-11-01T00:30-04:00', 'allow[0] until 2026-11-01 05:30 window_end'],
    ['closed_at_night', '2026-11-01T01:30-05:00', 'deny rule_denies deny[0] next 2026-11-01 08:30'],
    ['early', '2026-11-01T01:15-05:00', 'deny outside_window allow[0] next 2026-11-01 07:15'],
  ]);

  // Half an hour is shown twice, from 01:30 to 02:00, on 2026-04-05.
  answers('Australia/Lord_Howe', [
    ['closed_at_night', '2026-04-05T01:30+11:00', 'deny rule_denies deny[0] next 2026-04-04 17:00'],
    ['closed_at_night', '2026-04-05T01:45+10:30', 'deny rule_denies deny[0] next 2026-04-04 17:00'],
    ['early', '2026-04-05T02:15+10:30', 'allow[0] until 2026-04-04 16:15 window_end'],
  ]);

  // 23:00 to 24:00 is shown twice on 2026-10-29.
  answers('Africa/Cairo', [
    ['evening', '2026-10-29T20:00+03:00', 'allow[0] until 2026-10-29 22:00 window_end'],
    ['evening', '2026-10-29T23:30+02:00', 'allow[0] until 2026-10-29 22:00 window_end'],
    ['evening', '2026-10-30T00:00+02:00', 'deny outside_window allow[0] next 2026-10-30 18:00'],
  ]);
});

describe('on other days that are not like the rest', () => {
  answers('UTC', [
    ['evening', '2026-12-31T23:59', 'allow[0] until 2027-01-01 00:00 window_end'],
    ['evening', '2027-01-01T00:00', 'deny outside_window allow[0] next 2027-01-01 20:00'],
    ['night', '2026-12-31T23:59', 'allow[0] until 2027-01-01 06:00 window_end'],
    ['night', '2027-01-01T05:59', 'allow[0] until 2027-01-01 06:00 window_end'],
    ['night', '2028-02-28T23:00', 'allow[0] until 2028-02-29 06:00 window_end'],
    ['night', '2028-02-29T23:00', 'allow[0] until 2028-03-01 06:00 window_end'],
    ['weekend', '2026-11-29T23:59:59', 'allow[0] until 2026-11-30 00:00 window_end'],
    ['leap', '2028-02-29T10:00', 'allow[0] until 2028-02-29 12:00 window_end'],
    ['leap', '2028-02-28T10:00', 'deny outside_window allow[0] next 2028-02-29 10:00'],
    ['leap', '2028-02-29T12:00', 'deny outside_window allow[0]'],
    // Further than some 400 days ahead nothing is foreseen.
    ['leap', '2026-11-23T12:00', 'deny outside_window allow[0]'],
  ]);

  answers('Asia/Kolkata', [
    ['evening', '2026-11-23T19:59', 'deny outside_window allow[0] next 2026-11-23 14:30'],
    ['budget', '2026-11-23T23:00', 'allow[0] until 2026-11-24 03:30 allowance'],
  ]);
});
