// SPDX-License-Identifier: MIT
import { ExplainReply, type Explanation } from '@nftoggle/contracts';
import { aLoaded } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile.ts';
import { explain, maxChecks } from './explain.ts';
import { emptyWorld } from './world.ts';

const policy = compilePolicy(
  aLoaded(`
version: 1
timezone: Europe/Berlin
devices:
  nas: { mac: 00:11:32:aa:bb:cc, address: [192.168.1.20, "2001:db8:5::20"] }
  console: { mac: 0c:fe:45:12:34:56 }
groups:
  friends: [203.0.113.7, 203.0.113.8, nas, 2001:db8:7::/48]
  empty: []
services:
  ssh:
    ports: [22/tcp]
    open_for: 30m
    deny: [203.0.113.9]
    allow: [lan, { from: [friends, empty, 198.51.100.0/24] }]
  game:
    ports: [25565/tcp]
    open_for: 4h
    direction: out
    deny: [192.168.1.66]
    allow: [console]
  nobody: { ports: [24/tcp] }
`),
);
/** 12:00 in Berlin. */
const now = Date.parse('2025-01-15T11:00:00Z');

function explained(source: string, service: string, at = now): Explanation {
  const reply = explain(policy, emptyWorld, { source, service }, at);
  expect(ExplainReply.parse(reply)).toEqual(reply);
  if ('error' in reply) throw new Error(reply.message);
  return reply;
}

function refused(source: string, service: string) {
  const reply = explain(policy, emptyWorld, { source, service }, now);
  return 'error' in reply ? reply : expect.unreachable();
}

describe('an explanation', () => {
  it('shows each condition up to the deciding one, in order', () => {
    const reply = explained('198.51.100.1', 'ssh');
    expect(reply.checks).toEqual([
      { rule: 'services.ssh.deny[0]', condition: 'source is 203.0.113.9', passed: false },
      { rule: 'services.ssh.allow[0]', condition: 'source is lan', passed: false },
      {
        rule: 'services.ssh.allow[1]',
        condition: 'source is in group friends (203.0.113.7, 203.0.113.8, nas, …)',
        passed: false,
      },
      { rule: 'services.ssh.allow[1]', condition: 'source is in group empty (empty)', passed: false },
      { rule: 'services.ssh.allow[1]', condition: 'source is in 198.51.100.0/24', passed: true },
    ]);
    expect(reply).toMatchObject({ decision: 'allow', rule: 'services.ssh.allow[1]', service: 'ssh' });
  });

  it.each([
    ['192.168.1.10', 'ssh', 'allow: services.ssh.allow[0] lets 192.168.1.10 in until 12:30 (Europe/Berlin)'],
    ['203.0.113.66', 'ssh', 'deny: none of the 3 rules of ssh matches 203.0.113.66'],
    ['203.0.113.9', 'ssh', 'deny: services.ssh.deny[0] refuses 203.0.113.9'],
    ['203.0.113.66', 'nobody', 'deny: nobody has no rule that could let 203.0.113.66 in'],
    ['::ffff:203.0.113.9', 'ssh', 'deny: services.ssh.deny[0] refuses 203.0.113.9'],
    ['FE80::1%eth0', 'ssh', 'allow: services.ssh.allow[0] lets fe80::1 in until 12:30 (Europe/Berlin)'],
    [
      'console',
      'game',
      'allow: services.game.allow[0] lets console out until 16:00 (Europe/Berlin); ' +
        'no address of console is configured, so only its MAC address 0c:fe:45:12:34:56 was compared',
    ],
    [
      'nas',
      'ssh',
      'allow: services.ssh.allow[0] lets nas (192.168.1.20) in until 12:30 (Europe/Berlin); ' +
        'its address 2001:db8:5::20 differs: allow by services.ssh.allow[1]',
    ],
    ['nas', 'game', 'deny: none of the 2 rules of game matches nas (192.168.1.20)'],
  ])('of %s and %s is: %s', (source, service, text) => {
    expect(explained(source, service).text).toBe(text);
  });

  it('names the day when the permission ends on another one, in the time zone of the configuration', () => {
    const lateInBerlin = Date.parse('2025-06-30T21:45:00Z');
    expect(explained('192.168.1.10', 'ssh', lateInBerlin).text).toContain('until tue 00:15 (Europe/Berlin)');
  });

  it('is about the first address and the first MAC address of a device', () => {
    expect(explained('nas', 'ssh').source).toEqual({ address: '192.168.1.20', mac: '00:11:32:aa:bb:cc' });
    expect(explained('console', 'ssh').source).toEqual({ address: '0.0.0.0', mac: '0c:fe:45:12:34:56' });
  });

  it('shows the last conditions, and says so, when there are more than fit into a message', () => {
    const allow = Array.from({ length: maxChecks + 5 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    const services = { ssh: { ports: ['22/tcp'], allow } };
    const large = compilePolicy(aLoaded(JSON.stringify({ version: 1, timezone: 'UTC', services })));
    const reply = explain(large, emptyWorld, { source: '192.0.2.1', service: 'ssh' }, now);
    if ('error' in reply) expect.unreachable();
    else {
      expect(reply.checks).toHaveLength(maxChecks);
      expect(reply.checks[0]?.rule).toBe('services.ssh.allow[5]');
      expect(reply.text).toContain('the first 5 checks are not shown');
    }
  });
});

describe('a question that has no answer', () => {
  it.each([
    ['203.0.113.7', 'shs', 'unknown_service', 'There is no service "shs". Did you mean the service "ssh"?'],
    [
      '203.0.113.7',
      'minecraft',
      'unknown_service',
      'There is no service "minecraft". The services are: ssh, game, nobody.',
    ],
    [
      'nass',
      'ssh',
      'unknown_source',
      '"nass" is neither an address nor a device or person. Did you mean the device "nas"?',
    ],
    [
      '203.0.113.700',
      'ssh',
      'unknown_source',
      '"203.0.113.700" is neither an address nor a device or person. The devices are: nas, console.',
    ],
    ['friends', 'ssh', 'unknown_source', '"friends" is a group. Ask about an address or a device of it.'],
    ['10.0.0.0/8', 'ssh', 'unknown_source', '10.0.0.0/8 is a network. Ask about one address of it.'],
  ])('%s to %s: %s', (source, service, error, message) => {
    expect(refused(source, service)).toEqual({ error, message });
  });
});
