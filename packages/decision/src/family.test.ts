// SPDX-License-Identifier: MIT
// A family: a console by windows, a tablet, allowances of a child, bedtime, holidays.
import type { FlowSource } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { answerText, aPolicy, aWorld, moment, type WorldParts } from './world.fixture.ts';

const zone = 'Europe/Berlin';
const policy = aPolicy(`
version: 1
timezone: ${zone}
devices:
  console: { mac: 0c:fe:45:12:34:56, address: 192.168.1.40 }
  tablet: { mac: 0c:fe:45:12:34:57 }
  laptop: { address: [192.168.1.50, "fd00:1::50"] }
  phone: { mac: 0c:fe:45:12:34:58 }
  tv: { mac: 0c:fe:45:12:34:59 }
people:
  leo:
    devices: [console, tablet]
    role: child
    allowance: { daily: 2h, weekly: 8h, uncharged: [sat 10:00-12:00], services: [playstation, minecraft] }
  mia: { devices: [laptop], role: child }
  anna: { devices: [phone], role: parent }
groups:
  children: [leo, mia]
services:
  playstation:
    ports: [3478-3480/udp]
    direction: out
    open_for: 4h
    deny: [{ from: leo, windows: [sun-thu 21:00-06:00] }]
    allow:
      - { from: console, windows: [mon-fri 16:00-18:00, sat-sun 10:00-22:00] }
  minecraft:
    ports: [25565/tcp]
    open_for: 1h
    allow:
      - from: anna
      - { from: leo, windows: ["14:00-20:00"], at_end: keep }
      - { from: mia, windows: ["14:00-20:00"], allowance: { daily: 45m } }
  video:
    ports: [443/udp]
    open_for: 30m
    allow:
      - { from: children, allowance: { daily: 1h } }
      - { from: tv, allowance: { monthly: 10h, daily: 3h } }
  chat:
    ports: [5222/tcp]
    open_for: 12h
    allow:
      - from: children
        windows: [mon-fri 15:00-19:00]
        except: [2026-12-21..2027-01-03]
        also: ["2026-12-24..2027-01-01 10:00-02:00"]
  tests:
    ports: [1000/tcp]
    allow:
      - { from: mia, allowance: { daily: 0 } }
      - { from: tv, allowance: { daily: 0, uncharged: [sun 15:00-16:00] } }
`);

const sources: Readonly<Record<string, FlowSource>> = {
  console: { address: '192.168.1.40', mac: '0c:fe:45:12:34:56' },
  'console by address': { address: '192.168.1.40' },
  'console elsewhere': { address: '192.168.1.99', mac: '0c:fe:45:12:34:56' },
  'console on IPv6': { address: 'fe80::40', mac: '0c:fe:45:12:34:56' },
  tablet: { address: '192.168.1.41', mac: '0c:fe:45:12:34:57' },
  laptop: { address: '192.168.1.50' },
  'laptop on IPv6': { address: 'fd00:1::50' },
  phone: { address: '192.168.1.60', mac: '0c:fe:45:12:34:58' },
  tv: { address: '192.168.1.70', mac: '0c:fe:45:12:34:59' },
  guest: { address: '192.168.1.80', mac: '0c:fe:45:12:34:60' },
};

/** Monday is 2026-11-23. */
type Row = readonly [source: string, service: string, at: string, answer: string];

function answers(rows: readonly Row[], parts: WorldParts = {}): void {
  const world = aWorld(parts);
  it.each(rows)('%s, %s, %s: %s', (source, service, at, answer) => {
    const sender = sources[source];
    if (sender === undefined) throw new TypeError(source);
    const decision = decide(policy, world, { service, source: sender }, moment(at, zone));
    expect(answerText(decision, zone)).toBe(answer);
  });
}

describe('windows', () => {
  answers([
    ['console', 'playstation', '2026-11-23 15:59', 'deny outside_window allow[0] next 2026-11-23 16:00'],
    ['console', 'playstation', '2026-11-23 16:00', 'allow[0] until 2026-11-23 18:00 window_end'],
    ['console', 'playstation', '2026-11-23 17:59:59', 'allow[0] until 2026-11-23 18:00 window_end'],
    ['console', 'playstation', '2026-11-23 18:00', 'deny outside_window allow[0] next 2026-11-24 16:00'],
    ['console', 'playstation', '2026-11-23 03:00', 'deny rule_denies deny[0] next 2026-11-23 16:00'],
    ['console', 'playstation', '2026-11-23 21:00', 'deny rule_denies deny[0] next 2026-11-24 16:00'],
    ['console', 'playstation', '2026-11-27 18:00', 'deny outside_window allow[0] next 2026-11-28 10:00'],
    ['console', 'playstation', '2026-11-27 23:00', 'deny outside_window allow[0] next 2026-11-28 10:00'],
    // Session time, window and allowance, whichever comes first.
    ['console', 'playstation', '2026-11-28 10:00', 'allow[0] until 2026-11-28 12:00 allowance'],
    ['console', 'playstation', '2026-11-28 21:30', 'allow[0] until 2026-11-28 22:00 window_end'],
    // Sunday's bedtime begins before the window of the console closes.
    ['console', 'playstation', '2026-11-29 20:30', 'allow[0] until 2026-11-29 21:00 window_end'],
    ['console', 'playstation', '2026-11-29 21:30', 'deny rule_denies deny[0] next 2026-11-30 16:00'],
    ['console by address', 'playstation', '2026-11-23 16:30', 'allow[0] until 2026-11-23 18:00 window_end'],
    ['console elsewhere', 'playstation', '2026-11-23 16:30', 'allow[0] until 2026-11-23 18:00 window_end'],
    ['console on IPv6', 'playstation', '2026-11-23 16:30', 'allow[0] until 2026-11-23 18:00 window_end'],
    ['tablet', 'playstation', '2026-11-23 16:30', 'deny no_rule -'],
    ['tablet', 'playstation', '2026-11-23 22:00', 'deny rule_denies deny[0]'],
    ['guest', 'playstation', '2026-11-23 16:30', 'deny no_rule -'],
    ['guest', 'playstation', '2026-11-23 22:00', 'deny no_rule -'],
    ['laptop', 'minecraft', '2026-11-23 13:59', 'deny outside_window allow[2] next 2026-11-23 14:00'],
    ['laptop on IPv6', 'minecraft', '2026-11-23 14:00', 'allow[2] until 2026-11-23 14:45 allowance'],
    ['phone', 'minecraft', '2026-11-23 03:00', 'allow[0] until 2026-11-23 04:00 session_time'],
    ['tablet', 'minecraft', '2026-11-23 14:30', 'allow[1] until 2026-11-23 15:30 session_time'],
    ['tablet', 'minecraft', '2026-11-23 19:30', 'allow[1] until 2026-11-23 20:00 window_end'],
    ['tablet', 'minecraft', '2026-11-23 20:00', 'deny outside_window allow[1] next 2026-11-24 14:00'],
  ]);
});

describe('days of their own', () => {
  answers([
    ['tablet', 'chat', '2026-12-18 15:00', 'allow[0] until 2026-12-18 19:00 window_end'],
    ['tablet', 'chat', '2026-12-18 19:00', 'deny outside_window allow[0] next 2026-12-24 10:00'],
    ['tablet', 'chat', '2026-12-21 16:00', 'deny outside_window allow[0] next 2026-12-24 10:00'],
    ['tablet', 'chat', '2026-12-24 10:00', 'allow[0] until 2026-12-24 22:00 session_time'],
    ['tablet', 'chat', '2026-12-24 20:00', 'allow[0] until 2026-12-25 02:00 window_end'],
    ['tablet', 'chat', '2026-12-25 02:00', 'deny outside_window allow[0] next 2026-12-25 10:00'],
    // The night of the year's end belongs to the old year, and Friday's window is one of the exceptions.
    ['tablet', 'chat', '2027-01-01 01:59', 'allow[0] until 2027-01-01 02:00 window_end'],
    ['tablet', 'chat', '2027-01-01 02:00', 'deny outside_window allow[0] next 2027-01-01 10:00'],
    ['tablet', 'chat', '2027-01-01 23:30', 'allow[0] until 2027-01-02 02:00 window_end'],
    ['tablet', 'chat', '2027-01-02 02:00', 'deny outside_window allow[0] next 2027-01-04 15:00'],
    ['laptop', 'chat', '2027-01-04 15:00', 'allow[0] until 2027-01-04 19:00 window_end'],
    ['phone', 'chat', '2027-01-04 15:00', 'deny no_rule -'],
  ]);
});

describe("the allowance of a person, which is that of all the person's devices", () => {
  const monday = (minutes: number) => ({ used: { 'person.leo': { '2026-11-23': minutes } } });

  describe('with nothing used', () => {
    answers([
      ['tablet', 'minecraft', '2026-11-23 19:00', 'allow[1] until 2026-11-23 20:00 window_end'],
      ['console', 'minecraft', '2026-11-23 14:00', 'allow[1] until 2026-11-23 15:00 session_time'],
    ]);
  });

  describe('with 90 minutes used', () => {
    answers(
      [
        ['tablet', 'minecraft', '2026-11-23 14:00', 'allow[1] until 2026-11-23 14:30 allowance'],
        ['console', 'playstation', '2026-11-23 16:00', 'allow[0] until 2026-11-23 16:30 allowance'],
        ['console', 'playstation', '2026-11-23 17:45', 'allow[0] until 2026-11-23 18:00 window_end'],
        ['laptop', 'minecraft', '2026-11-23 14:00', 'allow[2] until 2026-11-23 14:45 allowance'],
        // The next day is another.
        ['tablet', 'minecraft', '2026-11-24 14:00', 'allow[1] until 2026-11-24 15:00 session_time'],
      ],
      monday(90),
    );
  });

  describe('with all of it used', () => {
    answers(
      [
        ['tablet', 'minecraft', '2026-11-23 14:00', 'deny allowance_spent allow[1] next 2026-11-24 14:00'],
        ['console', 'playstation', '2026-11-23 16:00', 'deny allowance_spent allow[0] next 2026-11-24 16:00'],
        ['console', 'playstation', '2026-11-23 15:00', 'deny outside_window allow[0] next 2026-11-24 16:00'],
        ['console', 'playstation', '2026-11-23 22:00', 'deny rule_denies deny[0] next 2026-11-24 16:00'],
        // What does not count is not refused either.
        ['tablet', 'chat', '2026-11-23 15:00', 'allow[0] until 2026-11-23 19:00 window_end'],
        ['tablet', 'video', '2026-11-23 15:00', 'allow[0] until 2026-11-23 15:30 session_time'],
      ],
      monday(120),
    );
    answers(
      [['tablet', 'minecraft', '2026-11-23 14:00', 'deny allowance_spent allow[1] next 2026-11-24 14:00']],
      monday(200),
    );
  });

  describe('with the week used up', () => {
    const used = {
      'person.leo': { '2026-11-23': 120, '2026-11-24': 120, '2026-11-25': 120, '2026-11-26': 120 },
    };
    answers(
      [
        ['tablet', 'minecraft', '2026-11-26 14:00', 'deny allowance_spent allow[1] next 2026-11-30 14:00'],
        ['tablet', 'minecraft', '2026-11-27 14:00', 'deny allowance_spent allow[1] next 2026-11-30 14:00'],
        ['console', 'playstation', '2026-11-27 17:00', 'deny allowance_spent allow[0] next 2026-11-28 10:00'],
        ['console', 'playstation', '2026-11-28 11:59', 'allow[0] until 2026-11-28 12:00 allowance'],
        ['console', 'playstation', '2026-11-28 12:00', 'deny allowance_spent allow[0] next 2026-11-30 16:00'],
        ['console', 'playstation', '2026-11-30 16:00', 'allow[0] until 2026-11-30 18:00 window_end'],
      ],
      { used },
    );
  });

  describe('in a window that is not charged', () => {
    answers(
      [
        ['console', 'playstation', '2026-11-28 10:00', 'allow[0] until 2026-11-28 12:00 allowance'],
        ['console', 'playstation', '2026-11-28 12:00', 'deny allowance_spent allow[0] next 2026-11-29 10:00'],
        ['console', 'playstation', '2026-11-28 09:00', 'deny outside_window allow[0] next 2026-11-28 10:00'],
      ],
      { used: { 'person.leo': { '2026-11-28': 120 } } },
    );
    // 30 minutes left: it cannot be spent before the window ends.
    answers([['console', 'playstation', '2026-11-28 11:00', 'allow[0] until 2026-11-28 12:00 allowance']], {
      used: { 'person.leo': { '2026-11-28': 90 } },
    });
    answers([['console', 'playstation', '2026-11-28 11:45', 'allow[0] until 2026-11-28 12:15 allowance']], {
      used: { 'person.leo': { '2026-11-28': 90 } },
    });
  });

  describe('with more for today, or less', () => {
    const leo = (used: number, bonus: number) => ({
      used: { 'person.leo': { '2026-11-23': [used, bonus] as const } },
    });
    answers(
      [['tablet', 'minecraft', '2026-11-23 14:00', 'allow[1] until 2026-11-23 14:30 allowance']],
      leo(120, 30),
    );
    answers(
      [['tablet', 'minecraft', '2026-11-23 14:00', 'allow[1] until 2026-11-23 14:30 allowance']],
      leo(0, -90),
    );
    answers(
      [['tablet', 'minecraft', '2026-11-23 14:00', 'deny allowance_spent allow[1] next 2026-11-24 14:00']],
      leo(0, -120),
    );
    answers(
      [['tablet', 'minecraft', '2026-11-23 14:00', 'deny allowance_spent allow[1] next 2026-11-24 14:00']],
      leo(150, 30),
    );
    // The bonus of a day counts in the balance of its week.
    answers(
      [['tablet', 'minecraft', '2026-11-24 14:00', 'allow[1] until 2026-11-24 15:00 session_time']],
      leo(500, 120),
    );
    answers(
      [['tablet', 'minecraft', '2026-11-24 14:00', 'deny allowance_spent allow[1] next 2026-11-30 14:00']],
      leo(500, 20),
    );
  });
});

describe('the allowance of a rule', () => {
  describe('is one for each entry of its sources, and a group shares it', () => {
    answers(
      [
        ['laptop', 'video', '2026-11-23 15:00', 'allow[0] until 2026-11-23 15:10 allowance'],
        ['console', 'video', '2026-11-23 15:00', 'allow[0] until 2026-11-23 15:10 allowance'],
        ['tv', 'video', '2026-11-23 15:00', 'allow[1] until 2026-11-23 15:30 session_time'],
      ],
      { used: { 'service.video.children': { '2026-11-23': 50 } } },
    );
    answers(
      [
        ['laptop', 'video', '2026-11-23 15:00', 'deny allowance_spent allow[0] next 2026-11-24 00:00'],
        ['tablet', 'video', '2026-11-23 23:59', 'deny allowance_spent allow[0] next 2026-11-24 00:00'],
        ['tablet', 'video', '2026-11-24 00:00', 'allow[0] until 2026-11-24 00:30 session_time'],
      ],
      { used: { 'service.video.children': { '2026-11-23': 60 } } },
    );
  });

  describe('is the least of its periods', () => {
    const month = { '2026-11-02': 180, '2026-11-09': 180, '2026-11-16': 180, '2026-11-23': 50 };
    answers(
      [
        ['tv', 'video', '2026-11-24 15:00', 'allow[1] until 2026-11-24 15:10 allowance'],
        ['tv', 'video', '2026-11-25 15:00', 'allow[1] until 2026-11-25 15:10 allowance'],
        ['tv', 'video', '2026-12-01 15:00', 'allow[1] until 2026-12-01 15:30 session_time'],
      ],
      { used: { 'service.video.tv': month } },
    );
    answers([['tv', 'video', '2026-11-24 15:00', 'deny allowance_spent allow[1] next 2026-12-01 00:00']], {
      used: { 'service.video.tv': { ...month, '2026-11-24': 10 } },
    });
  });

  describe('of 0 is none, not even tomorrow', () => {
    answers([
      ['laptop', 'tests', '2026-11-23 12:00', 'deny allowance_spent allow[0]'],
      ['tv', 'tests', '2026-11-23 12:00', 'deny allowance_spent allow[1] next 2026-11-29 15:00'],
      ['tv', 'tests', '2026-11-29 15:30', 'allow[1] until 2026-11-29 16:00 allowance'],
      ['tv', 'tests', '2026-11-29 16:00', 'deny allowance_spent allow[1] next 2026-12-06 15:00'],
    ]);
    // But for who gets a bonus.
    answers([['laptop', 'tests', '2026-11-23 12:00', 'allow[0] until 2026-11-23 12:05 allowance']], {
      used: { 'service.tests.mia': { '2026-11-23': [10, 15] } },
    });
  });
});

describe('what is charged', () => {
  const accounts = (source: string, service: string, at: string) => {
    const sender = sources[source] ?? expect.unreachable();
    return decide(policy, aWorld(), { service, source: sender }, moment(at, zone)).accounts;
  };

  it('is the person, of services that count', () => {
    expect(accounts('console', 'playstation', '2026-11-23 16:30')).toEqual(['person.leo']);
    expect(accounts('tablet', 'chat', '2026-11-23 16:30')).toEqual([]);
  });

  it('is the entry of the rule, by its name', () => {
    expect(accounts('laptop', 'minecraft', '2026-11-23 14:30')).toEqual(['service.minecraft.mia']);
    expect(accounts('laptop', 'video', '2026-11-23 14:30')).toEqual(['service.video.children']);
  });

  it('is nobody for a rule without an allowance, and for a denial', () => {
    expect(accounts('phone', 'minecraft', '2026-11-23 14:30')).toEqual([]);
    expect(accounts('console', 'playstation', '2026-11-23 15:30')).toEqual([]);
  });

  it('is named in a window that is not charged, too', () => {
    expect(accounts('console', 'playstation', '2026-11-28 10:30')).toEqual(['person.leo']);
  });
});

describe('while the clock is not to be believed', () => {
  answers(
    [
      ['console', 'playstation', '2026-11-23 16:30', 'deny rule_denies deny[0]'],
      ['guest', 'playstation', '2026-11-23 16:30', 'deny no_rule -'],
      ['tablet', 'minecraft', '2026-11-23 14:30', 'deny clock_untrusted allow[1]'],
      ['tablet', 'minecraft', '2026-11-23 13:30', 'deny clock_untrusted allow[1]'],
      ['tablet', 'video', '2026-11-23 13:30', 'deny clock_untrusted allow[0]'],
      ['laptop', 'chat', '2026-11-23 16:30', 'deny clock_untrusted allow[0]'],
      ['phone', 'minecraft', '2026-11-23 13:30', 'allow[0] until 2026-11-23 14:30 session_time'],
    ],
    { clockProblem: 'it went back by 3 hours' },
  );
});

describe('while it is not known what was used', () => {
  answers(
    [
      ['console', 'playstation', '2026-11-23 16:30', 'deny not_ready allow[0]'],
      ['console', 'playstation', '2026-11-23 22:00', 'deny rule_denies deny[0]'],
      ['tablet', 'minecraft', '2026-11-23 13:30', 'deny not_ready allow[1]'],
      ['laptop', 'video', '2026-11-23 13:30', 'deny not_ready allow[0]'],
      ['tablet', 'chat', '2026-11-23 16:30', 'allow[0] until 2026-11-23 19:00 window_end'],
      ['phone', 'minecraft', '2026-11-23 13:30', 'allow[0] until 2026-11-23 14:30 session_time'],
    ],
    { used: null },
  );
});

it('says what a rule wants at its end, of a denial too', () => {
  const at = (source: string, service: string, when: string) =>
    decide(policy, aWorld(), { service, source: sources[source] ?? expect.unreachable() }, moment(when, zone))
      .at_end;
  expect(at('tablet', 'minecraft', '2026-11-23 14:30')).toBe('keep');
  expect(at('tablet', 'minecraft', '2026-11-23 20:30')).toBe('keep');
  expect(at('laptop', 'minecraft', '2026-11-23 20:30')).toBe('cut');
  expect(at('guest', 'minecraft', '2026-11-23 20:30')).toBe('cut');
});
