// SPDX-License-Identifier: MIT
import { aFlow, aLoaded } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile.ts';
import { decide } from './decide.ts';
import { emptyWorld } from './world.ts';

const loaded = aLoaded(`
version: 1
timezone: Europe/Berlin
lan: [2001:db8:1a::/48, 100.64.0.0/10]
devices:
  nas: { mac: 00:11:32:aa:bb:cc, address: [192.168.1.20, "fd00:1::20"] }
  console: { mac: [0c:fe:45:12:34:56, 0c:fe:45:12:34:57] }
  camera: { address: 192.168.1.66 }
groups:
  friends: [203.0.113.7, 2001:db8:7::/48]
  family: [friends, console]
  everyone_else: [198.51.100.0/24]
services:
  ssh:
    ports: [22/tcp]
    open_for: 30m
    deny: [camera]
    allow: [lan, { from: [friends] }]
  game:
    ports: [25565/tcp]
    deny: [{ from: [203.0.113.8, 198.51.100.128/25] }]
    allow: [family, everyone_else]
  web:
    ports: [443/tcp]
    deny: [nas]
    allow: [any]
  closed:
    ports: [23/tcp]
    deny: [any]
    allow: [any]
  nobody:
    ports: [24/tcp]
`);
const policy = compilePolicy(loaded);
const now = Date.parse('2025-01-15T12:00:00Z');

type Row = readonly [
  address: string,
  mac: string | undefined,
  service: string,
  decision: string,
  reason: string,
  rule: string | null,
];

const rows: readonly Row[] = [
  // An address, in a group, v4 and v6.
  ['203.0.113.7', undefined, 'ssh', 'allow', 'rule_allows', 'services.ssh.allow[1]'],
  ['203.0.113.6', undefined, 'ssh', 'deny', 'no_rule', null],
  ['203.0.113.8', undefined, 'ssh', 'deny', 'no_rule', null],
  ['2001:db8:7::1', undefined, 'ssh', 'allow', 'rule_allows', 'services.ssh.allow[1]'],
  ['2001:db8:7:ffff::1', undefined, 'ssh', 'allow', 'rule_allows', 'services.ssh.allow[1]'],
  ['2001:db8:8::1', undefined, 'ssh', 'deny', 'no_rule', null],
  // An IPv4 address in IPv6 clothes is the IPv4 address.
  ['::ffff:203.0.113.7', undefined, 'ssh', 'allow', 'rule_allows', 'services.ssh.allow[1]'],
  // lan: private and link-local ranges of both families, and what the file adds.
  ['192.168.1.10', undefined, 'ssh', 'allow', 'rule_allows', 'services.ssh.allow[0]'],
  ['10.255.255.255', undefined, 'ssh', 'allow', 'rule_allows', 'services.ssh.allow[0]'],
  ['11.0.0.0', undefined, 'ssh', 'deny', 'no_rule', null],
  ['172.31.0.1', undefined, 'ssh', 'allow', 'rule_allows', 'services.ssh.allow[0]'],
  ['172.32.0.1', undefined, 'ssh', 'deny', 'no_rule', null],
  ['169.254.3.4', undefined, 'ssh', 'allow', 'rule_allows', 'services.ssh.allow[0]'],
  ['fd00:1::5', undefined, 'ssh', 'allow', 'rule_allows', 'services.ssh.allow[0]'],
  ['fe80::5', undefined, 'ssh', 'allow', 'rule_allows', 'services.ssh.allow[0]'],
  ['100.64.0.1', undefined, 'ssh', 'allow', 'rule_allows', 'services.ssh.allow[0]'],
  ['2001:db8:1a::9', undefined, 'ssh', 'allow', 'rule_allows', 'services.ssh.allow[0]'],
  ['2001:db8:1b::9', undefined, 'ssh', 'deny', 'no_rule', null],
  // deny comes before allow, though the camera is in the lan.
  ['192.168.1.66', undefined, 'ssh', 'deny', 'rule_denies', 'services.ssh.deny[0]'],
  ['198.51.100.127', undefined, 'game', 'allow', 'rule_allows', 'services.game.allow[1]'],
  ['198.51.100.128', undefined, 'game', 'deny', 'rule_denies', 'services.game.deny[0]'],
  ['203.0.113.8', undefined, 'game', 'deny', 'rule_denies', 'services.game.deny[0]'],
  ['10.1.1.1', undefined, 'closed', 'deny', 'rule_denies', 'services.closed.deny[0]'],
  // A group within a group, and a device in it, by any of its MAC addresses.
  ['203.0.113.7', undefined, 'game', 'allow', 'rule_allows', 'services.game.allow[0]'],
  ['192.168.1.77', '0c:fe:45:12:34:56', 'game', 'allow', 'rule_allows', 'services.game.allow[0]'],
  ['fe80::77', '0c:fe:45:12:34:57', 'game', 'allow', 'rule_allows', 'services.game.allow[0]'],
  ['192.168.1.77', '0c:fe:45:12:34:58', 'game', 'deny', 'no_rule', null],
  ['192.168.1.77', undefined, 'game', 'deny', 'no_rule', null],
  // A device is known by its MAC address at any address, and by its addresses with any MAC address.
  ['192.168.1.99', '00:11:32:aa:bb:cc', 'web', 'deny', 'rule_denies', 'services.web.deny[0]'],
  ['192.168.1.20', undefined, 'web', 'deny', 'rule_denies', 'services.web.deny[0]'],
  ['fd00:1::20', '02:00:00:00:00:01', 'web', 'deny', 'rule_denies', 'services.web.deny[0]'],
  // any is anybody, of both families, with or without a MAC address.
  ['8.8.8.8', undefined, 'web', 'allow', 'rule_allows', 'services.web.allow[0]'],
  ['2001:db8:ffff::1', '02:00:00:00:00:01', 'web', 'allow', 'rule_allows', 'services.web.allow[0]'],
  ['255.255.255.255', undefined, 'web', 'allow', 'rule_allows', 'services.web.allow[0]'],
  ['::', undefined, 'web', 'allow', 'rule_allows', 'services.web.allow[0]'],
  // No rules let nobody in, and neither does a service that is not there.
  ['192.168.1.10', undefined, 'nobody', 'deny', 'no_rule', null],
  ['192.168.1.10', undefined, 'telnet', 'deny', 'unknown_service', null],
];

describe('decide', () => {
  it.each(rows)('%s (%s) to %s: %s, %s by %s', (address, mac, service, decision, reason, rule) => {
    const source = mac === undefined ? { address } : { address, mac };
    const answer = decide(policy, emptyWorld, aFlow({ service, source }), now);
    expect(answer).toMatchObject({ decision, reason, rule, revision: loaded.revision });
  });

  it('permits for as long as the service stays open', () => {
    const answer = decide(policy, emptyWorld, aFlow({ source: { address: '10.0.0.1' } }), now);
    expect(answer.until).toBe('2025-01-15T12:30:00.000Z');
  });

  it('bounds no denial in time', () => {
    expect(decide(policy, emptyWorld, aFlow(), now).until).toBeNull();
  });

  it('holds for one IPv4 address', () => {
    expect(decide(policy, emptyWorld, aFlow(), now).prefix).toBe(32);
  });

  it("takes a link-local neighbour on the provider's side for nobody of the LAN", () => {
    const neighbour = { address: 'fe80::5', outside: true } as const;
    expect(decide(policy, emptyWorld, aFlow({ source: neighbour }), now)).toMatchObject({
      reason: 'no_rule',
      prefix: 128,
    });
    const named = { service: 'web', source: { address: 'fe80::99', outside: true } } as const;
    expect(decide(policy, emptyWorld, aFlow(named), now)).toMatchObject({ rule: 'services.web.allow[0]' });
    const { outside: _, ...inside } = neighbour;
    expect(decide(policy, emptyWorld, aFlow({ source: inside }), now)).toMatchObject({
      reason: 'rule_allows',
    });
  });

  it('does not take text that is no address', () => {
    expect(() => decide(policy, emptyWorld, aFlow({ source: { address: 'nas' } }), now)).toThrow(TypeError);
  });
});
