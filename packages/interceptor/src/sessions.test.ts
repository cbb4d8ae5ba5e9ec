// SPDX-License-Identifier: MIT
import { nobody } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { aSession, FakeSets, network, unused } from './session.fixture.ts';
import { describeSession, Sessions } from './sessions.ts';

const clock = { now: () => 0, wall: () => 0 };

function setUp(ipv6Prefix = 64) {
  const sets = new FakeSets();
  return { sets, sessions: new Sessions(sets, ipv6Prefix) };
}

describe('Sessions', () => {
  it('puts an IPv4 session into the set of its service, and its source among those known lately', () => {
    const { sets, sessions } = setUp();
    expect(sessions.open(aSession(), 1_000)).toBe(true);
    expect(sets.names).toEqual(['v4_ssh cb007107']);
    sessions.remember(aSession());
    expect(sets.names).toEqual(['recent4 cb007107', 'v4_ssh cb007107']);
    expect(sets.elements.get('v4_ssh cb007107')?.timeout).toBe(59_000);
  });

  it('puts an IPv6 address and an IPv6 prefix into sets of their own, and remembers the /64 of both', () => {
    const { sets, sessions } = setUp();
    for (const covers of ['2001:db8::7', '2001:db8:0:1::/64'].map(network)) {
      sessions.open(aSession({ covers }), 0);
      sessions.remember(aSession({ covers }));
    }
    expect(sets.names.map((name) => name.split(' ')[0])).toEqual(['recent6', 'recent6', 'v6_ssh', 'v6p_ssh']);
    expect(sets.names).toContain('recent6 20010db8000000000000000000000000');
  });

  it('binds a link-local source to its interface: the same address elsewhere is somebody else', () => {
    const { sets, sessions } = setUp();
    const neighbour = aSession({ covers: network('fe80::7'), link: 'lan0' });
    sessions.open(neighbour, 0);
    const key = `fe80${'0'.repeat(26)}07${Buffer.from('lan0').toString('hex')}${'0'.repeat(24)}`;
    expect(sets.names).toContain(`v6l_ssh ${key}`);
    expect(sessions.find('ssh', network('fe80::7'), 'lan0', 0)).toEqual(neighbour);
    expect(sessions.find('ssh', network('fe80::7'), 'wan0', 0)).toBeUndefined();
    expect(describeSession(neighbour, unused, clock).covers).toBe('fe80::7%lan0');
  });

  it('remembers no source of a prefix wider than /64', () => {
    const { sets, sessions } = setUp(48);
    sessions.open(aSession({ covers: network('2001:db8:7::/48') }), 0);
    sessions.remember(aSession({ covers: network('2001:db8:7::/48') }));
    expect(sets.names).toEqual(['v6p_ssh 20010db8000700000000000000000000']);
  });

  it('has nothing in its books that the kernel did not take', () => {
    const { sets, sessions } = setUp();
    sets.refuse = true;
    expect(() => sessions.open(aSession(), 0)).toThrow(/Too many/);
    expect(sessions.list()).toEqual([]);
    expect(sessions.find('ssh', network('203.0.113.7'), 'wan0', 0)).toBeUndefined();
  });

  it('keeps the old session in its books when the kernel refuses a longer one', () => {
    const { sets, sessions } = setUp();
    sessions.open(aSession(), 0);
    sets.refuse = true;
    expect(() => sessions.open(aSession({ until: 90_000 }), 0)).toThrow();
    expect(sessions.list()).toEqual([aSession()]);
  });

  it('extends a session that is open already, and says that it is not a new one', () => {
    const { sets, sessions } = setUp();
    sessions.open(aSession(), 0);
    expect(sessions.open(aSession({ since: 30_000, until: 120_000 }), 30_000)).toBe(false);
    expect(sessions.list()).toEqual([aSession({ since: 0, until: 120_000 })]);
    expect(sets.elements.get('v4_ssh cb007107')?.timeout).toBe(90_000);
  });

  it('calls a session that is open already by the name that it had, in the kernel, too', () => {
    const { sets, sessions } = setUp();
    sessions.open(aSession({ id: '000000aaaaaa' }), 0);
    sessions.open(aSession({ id: '000000bbbbbb', since: 5_000, mac: '02:00:00:00:00:01' }), 0);
    expect(sessions.list()).toMatchObject([{ id: '000000aaaaaa', since: 0, mac: '02:00:00:00:00:01' }]);
    expect(sets.elements.get('v4_ssh cb007107')?.comment).toMatch(/^id=000000aaaaaa .* since=0$/);
  });

  it('knows by which session a peer uses a service: by that of its address rather than that of its prefix', () => {
    const { sessions } = setUp();
    const prefix = aSession({ covers: network('2001:db8::/64') });
    const own = aSession({ id: '000000bbbbbb', covers: network('2001:db8::7') });
    const near = aSession({ id: '000000cccccc', covers: network('fe80::7'), link: 'lan0' });
    for (const session of [own, prefix, near]) sessions.open(session, 0);
    const owner = (address: string, service = 'ssh') => sessions.ownerOf(service, network(address))?.id;
    expect(owner('2001:db8::7')).toBe(own.id);
    expect(owner('2001:db8::8')).toBe(prefix.id);
    expect(owner('fe80::7'), 'conntrack does not tell on which link').toBe(near.id);
    expect([owner('2001:db8:0:1::7'), owner('2001:db8::7', 'web'), owner('203.0.113.7')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    sessions.renew([{ ...own, until: 70_000 }], 0);
    sessions.forget(own);
    expect(owner('2001:db8::7')).toBe(prefix.id);
  });

  it('tells of each change in its books', () => {
    const { sessions } = setUp();
    const told: string[] = [];
    sessions.followChanges(({ until }, isOpen) => told.push(`${until} ${isOpen}`));
    sessions.open(aSession(), 0);
    sessions.renew([aSession({ until: 70_000 })], 0);
    sessions.forget(aSession());
    sessions.forget(aSession());
    expect(told).toEqual(['60000 true', '70000 true', '70000 false']);
  });

  it('never gives the kernel less than a second: zero would be for ever', () => {
    const { sets, sessions } = setUp();
    for (const until of [0, 1, 999, -5_000]) {
      sessions.open(aSession({ until }), 0);
      expect(sets.elements.get('v4_ssh cb007107')?.timeout).toBe(1_000);
    }
  });

  it('finds the session of an address, of its prefix, of this service and until it ends, and no other', () => {
    const { sessions } = setUp();
    sessions.open(aSession(), 0);
    sessions.open(aSession({ covers: network('2001:db8:0:1::/64') }), 0);
    const find = (service: string, address: string, now = 0) =>
      sessions.find(service, network(address), 'wan0', now);
    expect(find('ssh', '203.0.113.7')).toBeDefined();
    expect(find('ssh', '203.0.113.8')).toBeUndefined();
    expect(find('web', '203.0.113.7')).toBeUndefined();
    expect(find('ssh', '2001:db8:0:1:ffff::9')).toBeDefined();
    expect(find('ssh', '2001:db8:0:2::9')).toBeUndefined();
    expect(find('ssh', '203.0.113.7', 59_999)).toBeDefined();
    expect(find('ssh', '203.0.113.7', 60_000)).toBeUndefined();
  });

  it('finds nothing by prefix where IPv6 addresses stand for themselves alone', () => {
    const { sessions } = setUp(128);
    sessions.open(aSession({ covers: network('2001:db8::7') }), 0);
    expect(sessions.find('ssh', network('2001:db8::7'), 'wan0', 0)).toBeDefined();
    expect(sessions.find('ssh', network('2001:db8::8'), 'wan0', 0)).toBeUndefined();
  });

  it('leaves the books before it leaves the kernel, or after', () => {
    const { sets, sessions } = setUp();
    sessions.open(aSession(), 0);
    sessions.withdraw(sessions.list());
    expect(sets.names).toEqual([]);
    expect(sessions.list()).toEqual([aSession()]);
    sessions.forget(aSession());
    sessions.withdraw([aSession()]);
    expect(sessions.list()).toEqual([]);
  });

  it('keeps peers that were cut from reopening the way', () => {
    const { sets, sessions } = setUp();
    sessions.shutOut([network('203.0.113.7'), network('2001:db8::7')]);
    expect(sets.names).toEqual(['cut4 cb007107', 'cut6 20010db8000000000000000000000007']);
  });

  it('keeps as many of them from it as there is room for, in few transactions, and says that it is not all', () => {
    const { sets, sessions } = setUp();
    const peers = Array.from({ length: 40 }, (_, i) => network(`203.0.113.${i}`));
    sessions.shutOut([...peers, ...peers]);
    expect([sets.elements.size, sets.largestPut]).toEqual([40, 32]);
    sets.elements.clear();
    sets.room = 39;
    expect(() => sessions.shutOut([...peers, network('2001:db8::7')])).toThrow('Too many open files');
    expect(sets.elements.size).toBe(39);
  });

  it('gives sessions whose time is over once, earliest first, and keeps them until somebody ends them', () => {
    const { sessions } = setUp();
    sessions.open(aSession(), 0);
    sessions.open(aSession({ service: 'web', until: 90_000 }), 0);
    sessions.open(aSession({ service: 'game', until: 50_000 }), 0);
    expect(sessions.nextDeadline).toBe(50_000);
    expect(sessions.takeDue(60_000).map(({ service }) => service)).toEqual(['game', 'ssh']);
    expect(sessions.takeDue(60_000)).toEqual([]);
    expect(sessions.list()).toHaveLength(3);
    expect(sessions.nextDeadline).toBe(90_000);
  });

  it('gives a session again when it was put off, and not when it is gone or another took its place', () => {
    const { sessions } = setUp();
    const [first, second] = [aSession(), aSession({ until: 70_000 })];
    sessions.open(first, 0);
    const [due] = sessions.takeDue(60_000);
    sessions.postpone(due ?? second, 65_000);
    expect(sessions.takeDue(64_999)).toEqual([]);
    expect(sessions.takeDue(65_000)).toEqual([first]);
    sessions.renew([second], 65_000);
    sessions.postpone(first, 66_000);
    expect(sessions.isCurrent(first)).toBe(false);
    expect(sessions.nextDeadline).toBe(70_000);
    sessions.forget(second);
    expect(sessions.nextDeadline).toBeUndefined();
  });

  it('tells when a session is due earlier than any other', () => {
    const { sessions } = setUp();
    const told: (number | undefined)[] = [];
    sessions.followDeadlines(() => told.push(sessions.nextDeadline));
    for (const until of [50_000, 60_000, 40_000])
      sessions.open(aSession({ service: `until-${until}`, until }), 0);
    expect(told).toEqual([50_000, 40_000]);
  });

  it('has one deadline only for a session that got another end', () => {
    const { sets, sessions } = setUp();
    sessions.open(aSession(), 0);
    expect(sessions.renew([aSession({ until: 10_000 })], 0)).toEqual([]);
    expect(sets.elements.get('v4_ssh cb007107')?.timeout).toBe(10_000);
    expect(sessions.takeDue(10_000)).toHaveLength(1);
    sessions.renew([aSession({ until: 80_000 })], 10_000);
    expect(sessions.takeDue(60_000)).toEqual([]);
  });

  it('leaves a session as it was when the kernel has no room for it any more', () => {
    const { sets, sessions } = setUp();
    sessions.open(aSession(), 0);
    sets.refuse = true;
    const next = aSession({ until: 90_000 });
    expect(sessions.renew([next], 0)).toEqual([next]);
    expect(sessions.list()).toEqual([aSession()]);
  });

  it('takes what the kernel may have left of a session out of it', () => {
    const { sets, sessions } = setUp();
    sessions.open(aSession(), 0);
    sessions.withdraw(sessions.takeDue(60_000));
    expect(sets.names).toEqual([]);
  });

  it('puts what lives, with the time it has left, into sets that were lost', () => {
    const { sets, sessions } = setUp();
    sessions.open(aSession(), 0);
    sessions.open(aSession({ service: 'web', until: 10_000 }), 0);
    sets.elements.clear();
    expect(sessions.restore(20_000)).toEqual([]);
    expect(sets.names.filter((name) => name.startsWith('v4_'))).toEqual(['v4_ssh cb007107']);
    expect(sets.elements.get('v4_ssh cb007107')?.timeout).toBe(40_000);
  });

  it('restores any number of sessions, in transactions that fit into a netlink socket', () => {
    const { sets, sessions } = setUp();
    for (let i = 0; i < 1_000; i++)
      sessions.adopt(aSession({ covers: network(`198.51.${i >> 8}.${i & 255}`) }));
    sessions.restore(0);
    expect(sets.names).toHaveLength(1_000);
    expect(sets.largestPut).toBeLessThanOrEqual(64);
  });

  it('restores what fits into smaller sets, and says what does not', () => {
    const { sets, sessions } = setUp();
    for (let i = 0; i < 100; i++) sessions.adopt(aSession({ covers: network(`198.51.100.${i}`) }));
    sets.room = 40;
    expect(sessions.restore(0)).toHaveLength(60);
    expect(sets.names).toHaveLength(40);
  });

  it('tells nothing to a kernel when no session lives', () => {
    const { sets, sessions } = setUp();
    sets.refuse = true;
    expect(() => sessions.restore(0)).not.toThrow();
  });

  it('adopts and forgets without touching the kernel', () => {
    const { sets, sessions } = setUp();
    sets.refuse = true;
    sessions.adopt(aSession());
    expect(sessions.find('ssh', network('203.0.113.7'), 'wan0', 0)).toEqual(aSession());
    sessions.forget(aSession());
    expect(sessions.list()).toEqual([]);
  });

  it('is described with times as text and the source in its shortest form', () => {
    expect(describeSession(aSession({ covers: network('2001:db8:0:0::/64') }), unused, clock)).toEqual({
      session: '000000aaaaaa',
      service: 'ssh',
      who: nobody,
      covers: '2001:db8::/64',
      since: '1970-01-01T00:00:00.000Z',
      until: '1970-01-01T00:01:00.000Z',
      bound: 'session_time',
      at_end: 'cut',
      metered: false,
      rule: 'services.ssh.allow[0]',
      reason: 'rule_allows',
      use: unused,
    });
  });

  it('is shown to end by the clock on the wall, however far that was set', () => {
    const hour = 3_600_000;
    const { until } = describeSession(aSession(), unused, { now: () => 10_000, wall: () => hour });
    expect(until).toBe(new Date(hour + 50_000).toISOString());
  });
});
