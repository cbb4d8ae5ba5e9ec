// SPDX-License-Identifier: MIT
import { ExplainReply, type Explanation } from '@nftoggle/contracts';
import { aLoaded } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile.ts';
import { explain, maxChecks } from './explain.ts';
import { aGrant, aPolicy, aWorld, moment, type WorldParts } from './world.fixture.ts';
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
  it('of a device by its name leaves nothing of it out', () => {
    const home = aPolicy(
      'version: 1\ndevices: { tv: { address: 192.168.1.9 }, console: { mac: 02:00:00:00:00:01 } }\n' +
        'services: { game: { ports: [1/tcp], direction: out, allow: [console] } }',
    );
    const { text } = explain(home, emptyWorld, { source: 'tv', service: 'game' }, now) as Explanation;
    expect(text).toBe('deny: the only rule of game does not match tv (192.168.1.9)');
  });

  it.each([
    ['one', 'lets 192.168.1.10 in until 13:00 (Europe/Berlin); nas is woken first if it sleeps'],
    ['granted', 'until 12:30 (Europe/Berlin), then the grant ends; nas is woken first if it sleeps'],
    ['several', '; nas or pc is woken first where it is asked for and sleeps'],
    ['quiet', 'lets 192.168.1.10 in until 13:00 (Europe/Berlin)'],
    ['shut', 'deny: shut has no rule that could let 192.168.1.10 in'],
  ])('says which device is woken first: %s', (service, end) => {
    const home = aPolicy(`
version: 1
timezone: Europe/Berlin
devices:
  nas: { mac: 00:11:32:aa:bb:cc, address: 192.168.1.20, wake: true }
  pc: { mac: 00:11:32:aa:bb:cd, address: 192.168.1.21, wake: true }
  printer: { address: 192.168.1.22 }
services:
  one: { ports: [1/tcp], to: nas, allow: [lan] }
  granted: { ports: [5/tcp], to: nas }
  several: { ports: [2/tcp], to: [nas, printer, pc], allow: [lan] }
  quiet: { ports: [3/tcp], to: nas, wake: false, allow: [lan] }
  shut: { ports: [4/tcp], to: nas }
`);
    const world = aWorld({ grants: [aGrant('granted', 'any', '2025-01-15T11:30:00Z')] });
    const { text } = explain(home, world, { source: '192.168.1.10', service }, now) as Explanation;
    expect(text.endsWith(end)).toBe(true);
  });

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
      '192.168.1.50',
      'game',
      'deny: none of the 2 rules of game matches 192.168.1.50; ' +
        'MAC addresses were not compared: where this is the address of a device, ask by its name',
    ],
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

describe('an explanation of conditions', () => {
  const zone = 'Europe/Berlin';
  const home = aPolicy(`
version: 1
timezone: ${zone}
devices:
  console: { mac: 0c:fe:45:12:34:56, address: 192.168.1.40 }
  tablet: { mac: 0c:fe:45:12:34:57 }
people:
  leo: { devices: [console, tablet], allowance: { daily: 2h, uncharged: [sat 10:00-12:00], services: [minecraft] } }
services:
  minecraft:
    ports: [25565/tcp]
    open_for: 4h
    deny: [{ from: leo, windows: [sun-thu 21:00-06:00] }]
    allow:
      - { from: any, countries: [FR, BE] }
      - { from: leo, windows: [mon-fri 16:00-18:00, sat-sun 10:00-20:00], expires: 2026-12-24 }
  video:
    ports: [443/udp]
    direction: out
    allow: [{ from: console, allowance: { daily: 30m, weekly: 2h } }]
`);
  /** Monday is 2026-11-23. */
  const explained = (source: string, service: string, at: string, parts: WorldParts = {}): Explanation => {
    const world = aWorld({ places: { '203.0.113.0/24': 'DE' }, ...parts });
    const reply = explain(home, world, { source, service }, moment(at, zone));
    expect(ExplainReply.parse(reply)).toEqual(reply);
    return 'error' in reply ? expect.unreachable() : reply;
  };
  const conditions = (reply: Explanation) =>
    reply.checks.map(({ condition, passed }) => `${passed ? 'yes' : 'no'}: ${condition}`);

  it('shows each with what was found', () => {
    const used = { 'person.leo': { '2026-11-23': 85 } };
    expect(conditions(explained('leo', 'minecraft', '2026-11-23 16:30', { used }))).toEqual([
      'yes: source is a device of leo (console, tablet)',
      'no: mon 16:30 is within sun-thu 21:00-06:00',
      'yes: source is any',
      'no: source is in no country (wanted FR, BE)',
      'yes: source is a device of leo (console, tablet)',
      'yes: expires 2026-12-25 00:00',
      'yes: mon 16:30 is within mon-fri 16:00-18:00, sat-sun 10:00-20:00',
      'yes: allowance of leo daily 2h: 35m left',
    ]);
    expect(conditions(explained('203.0.113.9', 'minecraft', '2026-11-23 16:30'))).toContain(
      'no: country is DE (wanted FR, BE)',
    );
    expect(conditions(explained('198.51.100.9', 'minecraft', '2026-11-23 16:30'))).toContain(
      'no: country is not known (wanted FR, BE)',
    );
    expect(conditions(explained('leo', 'minecraft', '2026-12-28 16:30'))).toContain(
      'no: expired 2026-12-25 00:00',
    );
    expect(conditions(explained('leo', 'minecraft', '2026-11-28 10:30'))).toContain(
      'yes: allowance of leo daily 2h: 2h left, not charged until sat 12:00',
    );
    expect(
      conditions(
        explained('console', 'video', '2026-11-23 16:30', {
          used: { 'service.video.console': { '2026-11-23': 30 } },
        }),
      ),
    ).toContain('no: allowance daily 30m, weekly 2h: nothing left');
  });

  it('shows what is missing to know', () => {
    const clockProblem = 'the clock went back by 2h';
    expect(conditions(explained('leo', 'minecraft', '2026-11-23 16:30', { clockProblem }))).toEqual([
      'yes: source is a device of leo (console, tablet)',
      'yes: clock: the clock went back by 2h, so the rule counts at any time',
    ]);
    expect(conditions(explained('console', 'video', '2026-11-23 16:30', { clockProblem }))).toContain(
      'no: clock: the clock went back by 2h',
    );
    expect(conditions(explained('console', 'video', '2026-11-23 16:30', { used: null }))).toContain(
      'no: what was used of the allowance is not known yet',
    );
  });

  it('shows grants, those that are for others and that which opens', () => {
    const until = '2026-11-23T21:00+01:00';
    const grants = [
      aGrant('video', '203.0.113.9', until),
      aGrant('video', 'leo', until, 'bbbbbbbb'),
      aGrant('video', 'grandpa', until, 'cccccccc'),
    ];
    const reply = explained('tablet', 'video', '2026-11-23 20:00', { grants });
    expect(reply.checks).toEqual([
      {
        rule: 'grant aaaaaaaa',
        condition: 'source is 203.0.113.9; open until 2026-11-23 21:00, by anna',
        passed: false,
      },
      {
        rule: 'grant cccccccc',
        condition: 'source is "grandpa", which the configuration does not know',
        passed: false,
      },
      {
        rule: 'grant bbbbbbbb',
        condition: 'source is a device of leo (console, tablet); open until 2026-11-23 21:00, by anna',
        passed: true,
      },
    ]);
    expect(reply.text).toContain(
      'allow: grant bbbbbbbb by anna lets tablet out until 21:00 (Europe/Berlin), then the grant ends',
    );
  });

  const R = 'services.minecraft.allow[1]';
  it.each([
    [
      'leo',
      'minecraft',
      '2026-11-23 16:30',
      `allow: ${R} lets leo in until 18:00 (${zone}), then its window closes; that is with console`,
    ],
    [
      'leo',
      'minecraft',
      '2026-11-29 18:30',
      `allow: ${R} lets leo in until 20:00 (${zone}), then its window closes; that is with console`,
    ],
    [
      'leo',
      'minecraft',
      '2026-11-28 08:00',
      `deny: minecraft is open for leo again at 10:00 (${zone}); now it is outside the windows of ${R}; that is with console`,
    ],
    [
      'leo',
      'minecraft',
      '2026-11-27 18:00',
      `deny: minecraft is open for leo again at sat 10:00 (${zone}); now it is outside the windows of ${R}; that is with console`,
    ],
    [
      'leo',
      'minecraft',
      '2026-11-23 22:00',
      `deny: minecraft is open for leo again at tue 16:00 (${zone}); now services.minecraft.deny[0] refuses leo; that is with console`,
    ],
    [
      'leo',
      'video',
      '2026-11-23 16:30',
      `allow: services.video.allow[0] lets leo out until 17:00 (${zone}), when its allowance may be spent; that is with console; tablet differs: deny by no rule`,
    ],
    [
      '203.0.113.9',
      'minecraft',
      '2026-11-23 16:30',
      'deny: services.minecraft.allow[0] does not let 203.0.113.9 in from its country',
    ],
  ])('of %s and %s at %s is: %s', (source, service, at, text) => {
    expect(explained(source, service, at).text).toBe(text);
  });

  it('says that an allowance is spent, and when there is another', () => {
    const used = { 'person.leo': { '2026-11-23': 120 } };
    expect(explained('leo', 'minecraft', '2026-11-23 16:30', { used }).text).toContain(
      `deny: minecraft is open for leo again at tue 16:00 (${zone}); now the allowance of leo is spent (${R})`,
    );
  });

  it('says why nothing can be foreseen', () => {
    const text = (parts: WorldParts) => explained('console', 'video', '2026-11-23 16:30', parts).text;
    expect(text({ clockProblem: 'it was never set' })).toBe(
      'deny: services.video.allow[0] does not count, because of the clock: it was never set',
    );
    expect(text({ used: null })).toContain('not known yet');
    expect(explained('console', 'minecraft', '2026-12-28 12:00').text).toContain('does not let console');
  });

  it('is about the moment that is asked about', () => {
    const now = moment('2026-11-23 12:00', zone);
    const reply = explain(home, aWorld(), { source: 'leo', service: 'minecraft', at: 'fri 17:30' }, now);
    expect(reply).toMatchObject({ at: '2026-11-27T16:30:00.000Z', decision: 'allow', timezone: zone });
    expect('error' in reply ? '' : reply.text).toContain('until 18:00');
  });

  it('does not guess at a moment that it cannot read', () => {
    const reply = explain(home, aWorld(), { source: 'leo', service: 'minecraft', at: 'teatime' }, 0);
    expect(reply).toMatchObject({
      error: 'wrong_time',
      message: expect.stringContaining('Write a time, such as 18:40'),
    });
  });
});
