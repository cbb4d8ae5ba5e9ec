// SPDX-License-Identifier: MIT
// A game server at home: friends, countries and evenings, and grants for everybody whom no rule lets in now.
import type { FlowSource } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { aGrant, answerText, aPolicy, aWorld, moment, type WorldParts } from './world.fixture.ts';

const zone = 'America/New_York';
const policy = aPolicy(`
version: 1
timezone: ${zone}
devices:
  console: { mac: 0c:fe:45:12:34:56, address: 192.168.1.40 }
  tablet: { mac: 0c:fe:45:12:34:57 }
people:
  leo: { devices: [console, tablet], role: child, allowance: { daily: 1h } }
groups:
  friends: [203.0.113.7, tom.dyn.example, "2001:db8:7::/48"]
services:
  minecraft:
    ports: [25565/tcp]
    open_for: 4h
    at_end: keep
    deny:
      - 203.0.113.66
      - { from: [leo, friends], windows: [sun-thu 22:00-06:00] }
    allow:
      - { from: friends, windows: [fri 18:00-23:30, sat-sun 10:00-23:30] }
      - { from: friends, windows: [wed 17:00-19:00], allowance: { daily: 90m }, at_end: cut }
      - { from: leo, windows: [mon-fri 16:00-18:00], at_end: cut }
      - { from: any, countries: [CA], windows: [sat 12:00-13:00] }
      - { from: 198.51.100.9, expires: 2026-11-24 }
  map:
    ports: [8123/tcp]
    allow: [lan]
  closed:
    ports: [23/tcp]
    deny: [any]
`);

const places = { '192.0.2.0/24': 'CA', '198.51.100.0/24': 'US' };
const names = { 'tom.dyn.example': ['198.51.100.77'] };
const sources: Readonly<Record<string, FlowSource>> = {
  friend: { address: '203.0.113.7' },
  'friend on IPv6': { address: '2001:db8:7::7' },
  tom: { address: '198.51.100.77' },
  canadian: { address: '192.0.2.7' },
  helper: { address: '198.51.100.9' },
  villain: { address: '203.0.113.66' },
  stranger: { address: '198.51.100.1' },
  neighbour: { address: '192.168.1.40', outside: true },
  console: { address: '192.168.1.40', mac: '0c:fe:45:12:34:56' },
  tablet: { address: 'fe80::41', mac: '0c:fe:45:12:34:57' },
  guest: { address: '192.168.1.99' },
};

/** Monday is 2026-11-23. */
type Row = readonly [source: string, service: string, at: string, answer: string];

function answers(rows: readonly Row[], parts: WorldParts = {}): void {
  const world = aWorld({ places, names, ...parts });
  it.each(rows)('%s, %s, %s: %s', (name, service, at, answer) => {
    const source = sources[name];
    if (source === undefined) throw new TypeError(name);
    expect(answerText(decide(policy, world, { service, source }, moment(at, zone)), zone)).toBe(answer);
  });
}

describe('evenings', () => {
  answers([
    ['friend', 'minecraft', '2026-11-27 17:59', 'deny outside_window allow[0] next 2026-11-27 18:00'],
    ['friend', 'minecraft', '2026-11-27 18:00', 'allow[0] until 2026-11-27 22:00 session_time'],
    ['tom', 'minecraft', '2026-11-27 22:00', 'allow[0] until 2026-11-27 23:30 window_end'],
    ['friend on IPv6', 'minecraft', '2026-11-27 23:29', 'allow[0] until 2026-11-27 23:30 window_end'],
    ['friend', 'minecraft', '2026-11-27 23:30', 'deny outside_window allow[0] next 2026-11-28 10:00'],
    ['friend', 'minecraft', '2026-11-29 21:00', 'allow[0] until 2026-11-29 22:00 window_end'],
    ['friend', 'minecraft', '2026-11-29 22:30', 'deny rule_denies deny[1] next 2026-12-02 17:00'],
    ['stranger', 'minecraft', '2026-11-29 22:30', 'deny country_refused allow[3]'],
    ['canadian', 'minecraft', '2026-11-29 22:30', 'deny outside_window allow[3] next 2026-12-05 12:00'],
    ['canadian', 'minecraft', '2026-12-05 12:00', 'allow[3] until 2026-12-05 13:00 window_end'],
    ['guest', 'minecraft', '2026-12-05 12:00', 'deny country_refused allow[3]'],
    ['neighbour', 'minecraft', '2026-12-05 12:00', 'deny outside_window allow[2] next 2026-12-07 16:00'],
    ['villain', 'minecraft', '2026-11-28 12:00', 'deny rule_denies deny[0]'],
    ['helper', 'minecraft', '2026-11-24 23:00', 'allow[4] until 2026-11-25 00:00 rule_expiry'],
    ['helper', 'minecraft', '2026-11-25 00:00', 'deny country_refused allow[3]'],
  ]);
});

describe('of several rules the one that lets in first is named', () => {
  answers([
    ['friend', 'minecraft', '2026-11-23 12:00', 'deny outside_window allow[1] next 2026-11-25 17:00'],
    ['friend', 'minecraft', '2026-11-25 19:00', 'deny outside_window allow[0] next 2026-11-27 18:00'],
    ['friend', 'minecraft', '2026-11-25 17:00', 'allow[1] until 2026-11-25 18:30 allowance'],
    ['friend', 'minecraft', '2026-11-25 18:00', 'allow[1] until 2026-11-25 19:00 window_end'],
  ]);

  describe('with the allowance spent', () => {
    answers(
      [
        ['friend', 'minecraft', '2026-11-25 17:30', 'deny outside_window allow[0] next 2026-11-27 18:00'],
        ['tom', 'minecraft', '2026-11-25 16:00', 'deny outside_window allow[0] next 2026-11-27 18:00'],
      ],
      { used: { 'service.minecraft.friends': { '2026-11-25': 90 } } },
    );
  });
});

describe('a grant', () => {
  const until = '2026-11-23T20:30-05:00';

  describe('opens over every kind of refusal', () => {
    const grants = [
      aGrant('minecraft', 'friends', until),
      aGrant('minecraft', 'leo', until, 'bbbbbbbb'),
      aGrant('minecraft', '198.51.100.0/24', until, 'cccccccc'),
      aGrant('minecraft', '192.168.1.99', until, 'dddddddd'),
    ];
    const rows: readonly Row[] = [
      ['friend', 'minecraft', '2026-11-23 20:00', 'grant over allow[0] until 2026-11-23 20:30 grant_end'],
      [
        'friend on IPv6',
        'minecraft',
        '2026-11-23 12:00',
        'grant over allow[0] until 2026-11-23 16:00 session_time',
      ],
      ['tablet', 'minecraft', '2026-11-23 20:00', 'grant over allow[2] until 2026-11-23 20:30 grant_end'],
      ['stranger', 'minecraft', '2026-11-23 20:00', 'grant over allow[3] until 2026-11-23 20:30 grant_end'],
      ['guest', 'minecraft', '2026-11-23 20:00', 'grant over allow[3] until 2026-11-23 20:30 grant_end'],
      // At its end it is over.
      ['guest', 'minecraft', '2026-11-23 20:30', 'deny country_refused allow[3]'],
      ['tablet', 'minecraft', '2026-11-23 20:30', 'deny outside_window allow[2] next 2026-11-24 16:00'],
      ['tablet', 'minecraft', '2026-11-23 20:29:59', 'grant over allow[2] until 2026-11-23 20:30 grant_end'],
      // Of one service it opens no other.
      ['stranger', 'map', '2026-11-23 20:00', 'deny no_rule -'],
    ];
    answers(rows, { grants });
    // A human asked for it, and it has an end: neither the clock nor the ledger takes it away.
    answers(rows.slice(0, 5), { grants, clockProblem: null, used: null });
    answers(
      [
        ['stranger', 'minecraft', '2026-11-23 20:00', 'grant over allow[3] until 2026-11-23 20:30 grant_end'],
        ['guest', 'minecraft', '2026-11-23 20:30', 'deny country_refused allow[3]'],
      ],
      { grants, clockProblem: 'it went back' },
    );
  });

  describe('of somebody whose allowance is spent, or not known', () => {
    const grants = [aGrant('minecraft', 'leo', until)];
    const rows: readonly Row[] = [
      ['console', 'minecraft', '2026-11-23 16:30', 'grant over allow[2] until 2026-11-23 20:30 session_time'],
    ];
    const at17: readonly Row[] = [
      ['console', 'minecraft', '2026-11-23 17:30', 'grant over allow[2] until 2026-11-23 20:30 grant_end'],
    ];
    answers(at17, { grants, used: { 'person.leo': { '2026-11-23': 60 } } });
    answers(at17, { grants, used: null });
    it('ends with both where they end together', () => {
      const world = aWorld({ grants, used: { 'person.leo': { '2026-11-23': 60 } } });
      const source = sources.console ?? expect.unreachable();
      const decision = decide(
        policy,
        world,
        { service: 'minecraft', source },
        moment('2026-11-23 16:30', zone),
      );
      expect(answerText(decision, zone)).toBe(rows[0]?.[3].replace('session_time', 'grant_end'));
    });
  });

  describe('overrides nothing where a rule lets in anyway, or none is for the source', () => {
    answers(
      [
        ['console', 'minecraft', '2026-11-23 17:00', 'grant over - until 2026-11-23 20:30 grant_end'],
        ['stranger', 'map', '2026-11-23 20:00', 'grant over - until 2026-11-23 20:30 grant_end'],
        ['guest', 'map', '2026-11-23 20:00', 'grant over - until 2026-11-23 20:30 grant_end'],
      ],
      { grants: [aGrant('minecraft', 'leo', until), aGrant('map', 'any', until)] },
    );
  });

  describe('opens no deny rule', () => {
    const grants = [
      aGrant('minecraft', '203.0.113.66', '2026-11-30T20:30-05:00'),
      aGrant('minecraft', 'friends', '2026-11-24T12:00-05:00'),
      aGrant('closed', 'any', '2026-11-30T20:30-05:00'),
    ];
    answers(
      [
        ['villain', 'minecraft', '2026-11-23 20:00', 'deny rule_denies deny[0]'],
        ['console', 'closed', '2026-11-23 20:00', 'deny rule_denies deny[0]'],
        // It waits for the end of one with windows, and ends where the next of them opens.
        ['friend', 'minecraft', '2026-11-23 23:00', 'deny rule_denies deny[1] next 2026-11-24 06:00'],
        [
          'friend',
          'minecraft',
          '2026-11-24 06:00',
          'grant over allow[0] until 2026-11-24 10:00 session_time',
        ],
        ['friend', 'minecraft', '2026-11-23 21:00', 'grant over allow[0] until 2026-11-23 22:00 window_end'],
      ],
      { grants },
    );
  });

  describe('of several the one that is open longest counts', () => {
    answers([['guest', 'map', '2026-11-23 20:00', 'grant over - until 2026-11-23 20:10 grant_end']], {
      grants: [
        aGrant('map', 'any', '2026-11-23T20:05-05:00'),
        aGrant('map', '192.168.1.99', '2026-11-23T20:10-05:00', 'bbbbbbbb'),
        aGrant('map', 'lan', '2026-11-23T20:01-05:00', 'cccccccc'),
      ],
    });
  });

  describe('that names what is gone from the configuration opens nothing', () => {
    answers(
      [
        ['guest', 'map', '2026-11-23 20:00', 'allow[0] until 2026-11-23 21:00 session_time'],
        ['stranger', 'map', '2026-11-23 20:00', 'deny no_rule -'],
      ],
      { grants: [aGrant('map', 'old_laptop', until), aGrant('map', '0c:fe:45:12:34:56', until)] },
    );
  });

  it('is named, is not charged, and goes by the `at_end` of the service', () => {
    const world = aWorld({ grants: [aGrant('minecraft', 'leo', until, 'k3v9x2ab')] });
    const source = sources.console ?? expect.unreachable();
    const decision = decide(
      policy,
      world,
      { service: 'minecraft', source },
      moment('2026-11-23 19:00', zone),
    );
    expect(decision).toMatchObject({
      decision: 'allow',
      reason: 'grant_allows',
      grant: 'k3v9x2ab',
      rule: 'services.minecraft.allow[2]',
      accounts: [],
      at_end: 'keep',
      next_allowed: null,
    });
  });
});
