// SPDX-License-Identifier: MIT
// A sysadmin: SSH and admin pages by country, network, name and date, from inside, outside and in between.
import type { FlowSource } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { answerText, aPolicy, aWorld, moment, type WorldParts } from './world.fixture.ts';

const zone = 'Europe/Berlin';
const policy = aPolicy(`
version: 1
timezone: ${zone}
geo: { asn: /etc/nftoggle/asn.mmdb }
lan: [2001:db8:1a::/48]
devices:
  jump: { mac: 02:00:00:00:00:01, address: 10.8.0.1 }
groups:
  vpn: [10.8.0.0/24, "2001:db8:8::/48"]
  helpers: [tom.dyn.example, 203.0.113.200, "asn:64501"]
services:
  ssh:
    ports: [22/tcp]
    open_for: 30m
    deny:
      - { from: any, countries: [KP, RU] }
      - { from: "asn:64666" }
    allow:
      - from: [lan, vpn]
      - { from: "country:DE" }
      - { from: helpers, windows: [mon-fri 08:00-18:00], expires: 2026-12-31 }
  admin:
    ports: [8443/tcp]
    open_for: 1h
    deny:
      - { from: any, not_countries: [DE, AT, CH] }
      - { from: vpn, windows: [sun 02:00-04:00], expires: "2026-12-01T03:00" }
    allow:
      - { from: any, countries: [DE, AT] }
      - { from: any, not_countries: [DE, AT, FR], windows: [mon-fri 08:00-18:00] }
      - vpn
  metrics:
    ports: [9100/tcp]
    open_for: 8h
    allow:
      - { from: tom.dyn.example, expires: "2026-11-23T14:00" }
      - { from: lan, not_countries: [RU] }
      - { from: 203.0.113.0/24, countries: [FR], windows: [09:00-17:00] }
      - { from: any, countries: [FR], expires: "2026-11-24T00:30" }
  backup:
    ports: [873/tcp]
    open_for: 2h
    deny: [{ from: vpn, windows: ["02:00-06:00"] }, { from: jump, expires: "2026-11-24T12:00" }]
    allow: [vpn, tom.dyn.example]
`);

const places = {
  '203.0.113.0/25': 'DE',
  '203.0.113.128/25': 'FR',
  '198.51.100.0/25': 'RU',
  '198.51.100.128/26': 64501,
  '198.51.100.192/26': 64666,
  '192.0.2.0/24': 'CH',
  '2001:db8:de::/48': 'DE',
  '2001:db8:1a::/48': 'RU',
  '10.0.0.0/8': 'RU',
};
const names = { 'tom.dyn.example': ['198.51.100.77', '2001:db8:77::1'] };

/** `!` marks a neighbour on the provider's side. Monday is 2026-11-23. */
type Row = readonly [address: string, service: string, at: string, answer: string];

function answers(rows: readonly Row[], parts: WorldParts = {}): void {
  const world = aWorld({ places, names, ...parts });
  it.each(rows)('%s, %s, %s: %s', (text, service, at, answer) => {
    const address = text.replace('!', '');
    const source: FlowSource = text.startsWith('!') ? { address, outside: true } : { address };
    const decision = decide(policy, world, { service, source }, moment(at, zone));
    expect(answerText(decision, zone)).toBe(answer);
  });
}

describe('countries and networks as sources', () => {
  answers([
    ['203.0.113.7', 'ssh', '2026-11-23 12:00', 'allow[1] until 2026-11-23 12:30 session_time'],
    ['2001:db8:de::7', 'ssh', '2026-11-23 12:00', 'allow[1] until 2026-11-23 12:30 session_time'],
    ['203.0.113.128', 'ssh', '2026-11-23 12:00', 'deny no_rule -'],
    ['198.51.100.7', 'ssh', '2026-11-23 12:00', 'deny rule_denies deny[0]'],
    ['198.51.100.192', 'ssh', '2026-11-23 12:00', 'deny rule_denies deny[1]'],
    ['198.51.100.128', 'ssh', '2026-11-23 12:00', 'allow[2] until 2026-11-23 12:30 session_time'],
    ['198.51.100.128', 'ssh', '2026-11-23 17:45', 'allow[2] until 2026-11-23 18:00 window_end'],
    ['198.51.100.128', 'ssh', '2026-11-23 18:00', 'deny outside_window allow[2] next 2026-11-24 08:00'],
    ['192.0.2.1', 'ssh', '2026-11-23 12:00', 'deny no_rule -'],
    ['2001:db8:ffff::1', 'ssh', '2026-11-23 12:00', 'deny no_rule -'],
    // The owner at home is in no country, whatever the database says of private and own addresses.
    ['10.1.2.3', 'ssh', '2026-11-23 12:00', 'allow[0] until 2026-11-23 12:30 session_time'],
    ['2001:db8:1a::5', 'ssh', '2026-11-23 12:00', 'allow[0] until 2026-11-23 12:30 session_time'],
    ['fe80::5', 'ssh', '2026-11-23 12:00', 'allow[0] until 2026-11-23 12:30 session_time'],
    ['100.64.0.5', 'ssh', '2026-11-23 12:00', 'deny no_rule -'],
    ['!10.1.2.3', 'ssh', '2026-11-23 12:00', 'deny no_rule -'],
    ['!10.8.0.3', 'ssh', '2026-11-23 12:00', 'allow[0] until 2026-11-23 12:30 session_time'],
    ['!203.0.113.7', 'ssh', '2026-11-23 12:00', 'deny no_rule -'],
    ['!198.51.100.7', 'ssh', '2026-11-23 12:00', 'deny no_rule -'],
  ]);
});

describe('names', () => {
  answers([
    ['198.51.100.77', 'backup', '2026-11-23 12:00', 'allow[1] until 2026-11-23 14:00 session_time'],
    ['2001:db8:77::1', 'backup', '2026-11-23 12:00', 'allow[1] until 2026-11-23 14:00 session_time'],
    ['2001:db8:77::2', 'backup', '2026-11-23 12:00', 'deny no_rule -'],
    ['198.51.100.78', 'backup', '2026-11-23 12:00', 'deny no_rule -'],
    ['198.51.100.77', 'ssh', '2026-11-23 12:00', 'deny rule_denies deny[0]'],
    ['2001:db8:77::1', 'ssh', '2026-11-23 12:00', 'allow[2] until 2026-11-23 12:30 session_time'],
  ]);

  describe('while they are not known', () => {
    answers(
      [
        ['198.51.100.77', 'backup', '2026-11-23 12:00', 'deny no_rule -'],
        ['203.0.113.200', 'ssh', '2026-11-23 12:00', 'allow[2] until 2026-11-23 12:30 session_time'],
      ],
      { names: {} },
    );
  });
});

describe('conditions on countries', () => {
  answers([
    ['203.0.113.7', 'admin', '2026-11-23 12:00', 'allow[0] until 2026-11-23 13:00 session_time'],
    ['203.0.113.128', 'admin', '2026-11-23 12:00', 'deny rule_denies deny[0]'],
    ['192.0.2.1', 'admin', '2026-11-23 12:00', 'allow[1] until 2026-11-23 13:00 session_time'],
    ['192.0.2.1', 'admin', '2026-11-23 18:00', 'deny outside_window allow[1] next 2026-11-24 08:00'],
    // A public address that nobody knows is kept out by what excludes countries, and by what names them.
    ['2001:db8:ffff::1', 'admin', '2026-11-23 12:00', 'deny rule_denies deny[0]'],
    ['2001:db8:ffff::1', 'metrics', '2026-11-23 12:00', 'deny country_refused allow[3]'],
    ['192.0.2.1', 'metrics', '2026-11-23 12:00', 'deny country_refused allow[3]'],
    // The owner at home is neither locked out nor let in.
    ['192.168.1.5', 'admin', '2026-11-23 12:00', 'deny country_refused allow[0]'],
    ['192.168.1.5', 'metrics', '2026-11-23 12:00', 'deny country_refused allow[1]'],
    ['10.8.0.5', 'admin', '2026-11-23 12:00', 'allow[2] until 2026-11-23 13:00 session_time'],
    ['!10.8.0.5', 'admin', '2026-11-23 12:00', 'allow[2] until 2026-11-23 13:00 session_time'],
    ['!192.168.1.5', 'admin', '2026-11-23 12:00', 'deny country_refused allow[0]'],
    ['100.64.3.4', 'admin', '2026-11-23 12:00', 'deny country_refused allow[0]'],
    ['127.0.0.1', 'admin', '2026-11-23 12:00', 'deny country_refused allow[0]'],
    ['::1', 'admin', '2026-11-23 12:00', 'deny country_refused allow[0]'],
    ['2001:db8:1a::5', 'admin', '2026-11-23 12:00', 'deny country_refused allow[0]'],
    ['203.0.113.130', 'metrics', '2026-11-23 12:00', 'allow[2] until 2026-11-23 17:00 window_end'],
    ['203.0.113.130', 'metrics', '2026-11-23 17:00', 'allow[3] until 2026-11-24 00:30 rule_expiry'],
    ['203.0.113.7', 'metrics', '2026-11-23 12:00', 'deny country_refused allow[2]'],
  ]);

  describe('without a database', () => {
    answers(
      [
        ['203.0.113.7', 'ssh', '2026-11-23 12:00', 'deny no_rule -'],
        ['198.51.100.7', 'ssh', '2026-11-23 12:00', 'deny no_rule -'],
        ['203.0.113.7', 'admin', '2026-11-23 12:00', 'deny rule_denies deny[0]'],
        ['192.168.1.5', 'ssh', '2026-11-23 12:00', 'allow[0] until 2026-11-23 12:30 session_time'],
      ],
      { places: {} },
    );
  });
});

describe('what expires', () => {
  answers([
    ['2001:db8:77::1', 'metrics', '2026-11-23 12:00', 'allow[0] until 2026-11-23 14:00 rule_expiry'],
    ['2001:db8:77::1', 'metrics', '2026-11-23 13:59:59', 'allow[0] until 2026-11-23 14:00 rule_expiry'],
    ['2001:db8:77::1', 'metrics', '2026-11-23 14:00', 'deny rule_expired allow[0]'],
    ['203.0.113.130', 'metrics', '2026-11-24 00:30', 'deny outside_window allow[2] next 2026-11-24 09:00'],
    // A date alone lasts until its end.
    ['203.0.113.200', 'ssh', '2026-12-31 17:50', 'allow[2] until 2026-12-31 18:00 window_end'],
    ['203.0.113.200', 'ssh', '2026-12-31 18:00', 'deny outside_window allow[2]'],
    ['203.0.113.200', 'ssh', '2027-01-01 12:00', 'deny rule_expired allow[2]'],
    ['203.0.113.7', 'ssh', '2027-01-01 12:00', 'allow[1] until 2027-01-01 12:30 session_time'],
  ]);

  describe('of what denies', () => {
    answers([
      ['10.8.0.1', 'backup', '2026-11-23 12:00', 'deny rule_denies deny[1] next 2026-11-24 12:00'],
      ['10.8.0.1', 'backup', '2026-11-24 12:00', 'allow[0] until 2026-11-24 14:00 session_time'],
      ['10.8.0.5', 'admin', '2026-11-29 01:30', 'allow[2] until 2026-11-29 02:00 window_end'],
      ['10.8.0.5', 'admin', '2026-11-29 02:30', 'deny rule_denies deny[1] next 2026-11-29 04:00'],
      ['10.8.0.5', 'admin', '2026-12-06 01:30', 'allow[2] until 2026-12-06 02:30 session_time'],
    ]);
  });
});

describe('windows of what denies', () => {
  answers([
    ['10.8.0.2', 'backup', '2026-11-23 01:00', 'allow[0] until 2026-11-23 02:00 window_end'],
    ['10.8.0.2', 'backup', '2026-11-23 00:00', 'allow[0] until 2026-11-23 02:00 window_end'],
    ['10.8.0.2', 'backup', '2026-11-22 23:59', 'allow[0] until 2026-11-23 01:59 session_time'],
    ['10.8.0.2', 'backup', '2026-11-23 02:00', 'deny rule_denies deny[0] next 2026-11-23 06:00'],
    ['10.8.0.2', 'backup', '2026-11-23 06:00', 'allow[0] until 2026-11-23 08:00 session_time'],
    // Who is denied for two reasons gets in after both.
    ['10.8.0.1', 'backup', '2026-11-24 03:00', 'deny rule_denies deny[0] next 2026-11-24 12:00'],
    // It is not for others.
    ['198.51.100.77', 'backup', '2026-11-23 01:00', 'allow[1] until 2026-11-23 03:00 session_time'],
    ['198.51.100.77', 'backup', '2026-11-23 03:00', 'allow[1] until 2026-11-23 05:00 session_time'],
  ]);
});

describe('while the clock is not to be believed', () => {
  answers(
    [
      ['203.0.113.7', 'ssh', '2026-11-23 12:00', 'allow[1] until 2026-11-23 12:30 session_time'],
      ['203.0.113.200', 'ssh', '2026-11-23 12:00', 'deny clock_untrusted allow[2]'],
      ['203.0.113.200', 'ssh', '2027-11-23 12:00', 'deny rule_expired allow[2]'],
      // Nobody can say which rule will let it in first, so it is the first that is for it.
      ['192.0.2.1', 'admin', '2026-11-23 12:00', 'deny country_refused allow[0]'],
      ['203.0.113.7', 'admin', '2026-11-23 12:00', 'allow[0] until 2026-11-23 13:00 session_time'],
      ['2001:db8:77::1', 'metrics', '2026-11-23 12:00', 'deny clock_untrusted allow[0]'],
      // What denies at times denies all the time, and what has denied may have to.
      ['10.8.0.5', 'admin', '2026-11-23 12:00', 'deny rule_denies deny[1]'],
      ['10.8.0.2', 'backup', '2026-11-23 12:00', 'deny rule_denies deny[0]'],
      ['198.51.100.77', 'backup', '2026-11-23 12:00', 'allow[1] until 2026-11-23 14:00 session_time'],
    ],
    { clockProblem: 'it was never set', places: { ...places, '203.0.113.200/32': 'FR' } },
  );
});
