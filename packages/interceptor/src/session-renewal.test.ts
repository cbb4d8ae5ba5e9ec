// SPDX-License-Identifier: MIT
// What happens when the time of a session is over.
import type { Bound, Decision } from '@nftoggle/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { aDeny, anAllow } from './decision.fixture.ts';
import { aConnection } from './flow.fixture.ts';
import { aSession, network } from './session.fixture.ts';
import { aLife, instant, settled, start } from './session-life.fixture.ts';
import type { OpenSession } from './sessions.ts';

const bounds: readonly Bound[] = ['session_time', 'window_end', 'allowance', 'rule_expiry', 'grant_end'];
const aWindow = (changes: Partial<OpenSession> = {}): OpenSession =>
  aSession({ since: start, until: start + 60_000, bound: 'window_end', ...changes });
const outside = (changes: Partial<Decision> = {}): Decision =>
  aDeny({ reason: 'outside_window', rule: 'services.ssh.allow[0]', ...changes });

let scene: ReturnType<typeof aLife> | undefined;
afterEach(() => scene?.life.stop());

/** A session, open, with a live connection. */
function setUp(session: OpenSession, ...policy: Parameters<typeof aLife>) {
  scene = aLife(...policy);
  scene.sessions.open(session, start);
  scene.world.flows = [aConnection({ bytes: 0 })];
  return scene;
}

describe('a session without a live connection', () => {
  it.each([
    ['session_time', 'expired'],
    ['window_end', 'window_end'],
    // What it did not use of the allowance is not spent.
    ['allowance', 'expired'],
    ['rule_expiry', 'rule_expired'],
    ['grant_end', 'grant_ended'],
  ] as const)('that ends by %s is over without a question: %s', async (bound, reason) => {
    const { pass, world, asked, events, sets, done } = setUp(aWindow({ bound }));
    world.flows = [aConnection({ closed: true }), aConnection({ source: '203.0.113.8', mark: 0 })];
    await pass(60_000);
    expect(events).toMatchObject([{ type: 'session_ended', data: { reason, cut: 0 } }]);
    expect([asked, sets.names]).toEqual([[], []]);
    expect(done, 'what conntrack takes for closed goes on by no mark').toEqual(['remove 203.0.113.7']);
    await pass(60_000);
    expect(events).toHaveLength(1);
  });

  it('is told of though the kernel cannot be asked to drop its element', async () => {
    const { pass, world, events, sets } = setUp(aWindow());
    world.flows = [];
    sets.remove = () => {
      throw new Error('Interrupted system call');
    };
    await pass(60_000);
    expect(events).toHaveLength(1);
  });

  it('is ended by its timer, not by the next sweep', async () => {
    scene = aLife();
    const { sessions, events, world } = scene;
    sessions.open(aWindow({ until: start + 20 }), start);
    world.now += 20;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(events).toMatchObject([{ type: 'session_ended' }]);
  });
});

describe('a session with a live connection', () => {
  it.each(bounds)(
    'goes on where policy allows it, whatever its bound was (%s), and nobody is told',
    async (bound) => {
      const { pass, events, sessions, sets, asked } = setUp(aWindow({ bound }), {
        decide: () =>
          anAllow({
            until: instant(100_000),
            bound: 'grant_end',
            at_end: 'keep',
            accounts: ['person.leo'],
            rule: null,
            reason: 'grant_allows',
          }),
      });
      await pass(60_000);
      expect(asked).toHaveLength(1);
      expect(sessions.list()).toEqual([
        {
          ...aWindow(),
          until: start + 100_000,
          bound: 'grant_end',
          atEnd: 'keep',
          accounts: ['person.leo'],
          rule: null,
          reason: 'grant_allows',
        },
      ]);
      expect(sets.elements.get('v4_ssh cb007107')?.timeout).toBe(40_000);
      expect(events).toEqual([]);
    },
  );

  it('is asked about as the very same source, and again at its next end', async () => {
    const mac = '02:00:00:00:00:01';
    const { pass, asked, world } = setUp(aWindow({ mac, interface: 'wan0', outside: true }), {
      decide: () => anAllow({ until: new Date(world.now + 60_000).toISOString(), bound: 'session_time' }),
    });
    await pass(60_000);
    expect(asked).toMatchObject([
      { service: 'ssh', source: { address: '203.0.113.7', mac, outside: true }, interface: 'wan0' },
    ]);
    await pass(120_000);
    expect(asked).toHaveLength(3);
  });

  it('is cut where policy denies and the rule says so: element, connections, and the way back', async () => {
    const { pass, events, sets, done, sessions } = setUp(aWindow({ atEnd: 'keep' }), {
      decide: () => outside({ at_end: 'cut' }),
    });
    await pass(60_000);
    expect(events).toMatchObject([{ type: 'session_ended', data: { reason: 'window_end', cut: 1 } }]);
    expect(done).toEqual(['remove 203.0.113.7']);
    expect(sets.names).toEqual(['cut4 cb007107']);
    expect(sessions.list()).toEqual([]);
  });

  it('keeps its connections and admits no new one where the rule says so, and nobody asks again', async () => {
    const { pass, events, sets, done, asked, world } = setUp(aWindow({ atEnd: 'cut' }), {
      decide: () => outside({ at_end: 'keep' }),
    });
    await pass(60_000);
    expect(events).toMatchObject([{ data: { reason: 'window_end', cut: 0 } }]);
    expect([sets.names, done]).toEqual([[], []]);
    await pass(120_000);
    expect(asked).toHaveLength(1);
    // Not even those of before: one that is new to its source is looked at.
    world.flows = [...world.flows, aConnection({ sourcePort: 7 })];
    scene?.life.review();
    await settled();
    expect(asked).toHaveLength(2);
  });

  it('does what it was opened with where no rule refuses it', async () => {
    const { pass, done, events } = setUp(aWindow({ atEnd: 'keep' }), { decide: () => aDeny() });
    await pass(60_000);
    expect(events).toMatchObject([{ data: { reason: 'window_end', cut: 0 } }]);
    expect(done).toEqual([]);
  });

  it('ends when policy would not let in all of its prefix any more', async () => {
    const session = aWindow({ covers: network('2001:db8::/64'), bound: 'session_time' });
    const { pass, world, events } = setUp(session, { decide: () => anAllow({ prefix: 128 }) });
    world.flows = [aConnection({ source: '2001:db8::7' })];
    await pass(60_000);
    expect(events).toMatchObject([{ data: { reason: 'revoked', cut: 1 } }]);
  });

  it('is not given a time that is over already', async () => {
    const { pass, events } = setUp(aWindow(), {
      decide: () => anAllow({ until: instant(59_999), bound: 'window_end' }),
    });
    await pass(60_000);
    expect(events).toMatchObject([{ data: { reason: 'window_end', cut: 1 } }]);
  });

  it('is asked about once a second at most while its allowance is all but spent', async () => {
    const { pass, asked, sessions } = setUp(aWindow({ bound: 'allowance' }), {
      decide: () => anAllow({ until: instant(60_001), bound: 'allowance', accounts: ['person.leo'] }),
    });
    await pass(60_000);
    expect(asked).toHaveLength(1);
    expect(sessions.list()).toMatchObject([{ until: start + 61_000 }]);
  });

  it('stays as another answer has it that its source got meanwhile', async () => {
    const fresh = aWindow({ until: start + 600_000 });
    const { pass, events, sessions } = setUp(aWindow(), {
      decide: () => {
        sessions.open(fresh, start + 60_000);
        return outside();
      },
    });
    await pass(60_000);
    expect(events).toEqual([]);
    expect(sessions.list()).toEqual([fresh]);
  });

  it.each(['ended', 'shortened'])('is not what a late answer says when it was %s meanwhile', async (what) => {
    const { pass, sets, sessions } = setUp(aWindow(), {
      decide: () => {
        for (const session of sessions.list()) {
          if (what === 'ended') {
            sessions.withdraw([session]);
            sessions.forget(session);
          } else sessions.renew([{ ...session, until: start + 61_000 }], start + 60_000);
        }
        return anAllow({ until: instant(600_000), bound: 'window_end' });
      },
    });
    await pass(60_000);
    expect(sessions.list().map(({ until }) => until - start)).toEqual(what === 'ended' ? [] : [61_000]);
    expect(sets.names).toHaveLength(what === 'ended' ? 0 : 1);
  });

  it('ends, revoked, when the kernel has no room for its next time', async () => {
    const { pass, events, sessions, sets } = setUp(aWindow(), {
      decide: () => anAllow({ until: instant(100_000) }),
    });
    sets.refuse = true;
    await pass(60_000);
    expect(events).toMatchObject([{ data: { reason: 'revoked', cut: 1 } }]);
    expect(sessions.list()).toEqual([]);
  });

  it('is looked at again when the kernel failed', async () => {
    const { pass, sets, events } = setUp(aWindow(), { decide: () => outside() });
    const remove = sets.remove.bind(sets);
    sets.remove = () => {
      sets.remove = remove;
      throw new Error('Interrupted system call');
    };
    await pass(60_000);
    expect(events).toEqual([]);
    await pass(1_000);
    expect(events).toMatchObject([{ data: { reason: 'window_end', cut: 1 } }]);
  });
});

describe('a session with a live connection that nobody answers about', () => {
  it.each([
    ['window_end', 'window_end'],
    ['allowance', 'allowance_spent'],
    ['rule_expiry', 'rule_expired'],
    ['grant_end', 'grant_ended'],
  ] as const)('does not outlive its %s', async (bound, reason) => {
    const { pass, events, done } = setUp(aWindow({ bound }));
    await pass(60_000);
    expect(events).toMatchObject([{ data: { reason, cut: 1 } }]);
    expect(done).toEqual(['remove 203.0.113.7']);
  });

  it('keeps its connections where its rule says so', async () => {
    const { pass, events, done, asked } = setUp(aWindow({ atEnd: 'keep' }));
    await pass(60_000);
    expect(events).toMatchObject([{ data: { reason: 'window_end', cut: 0 } }]);
    await pass(60_000);
    expect(done).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('goes on after its session time, and is asked about at each tick until there is an answer', async () => {
    const { pass, events, done, asked, sessions, world } = setUp(aWindow({ bound: 'session_time' }));
    await pass(95_000);
    expect(asked).toHaveLength(4);
    expect([events, done]).toEqual([[], []]);
    expect(sessions.find('ssh', network('203.0.113.7'), 'wan0', world.now)).toBeUndefined();
    world.decide = () => anAllow({ until: instant(200_000), bound: 'session_time' });
    await pass(10_000);
    expect(sessions.list()).toMatchObject([{ until: start + 200_000 }]);
    expect(events).toEqual([]);
  });

  it('is over when its connection is, answer or no answer', async () => {
    const { pass, events, world } = setUp(aWindow({ bound: 'session_time' }));
    await pass(60_000);
    world.flows = [];
    await pass(10_000);
    expect(events).toMatchObject([{ data: { reason: 'expired', cut: 0 } }]);
  });

  it.each([
    ['does not know yet what was used', aDeny({ reason: 'not_ready' })],
    ['runs a revision without its service', aDeny({ reason: 'unknown_service', revision: 'bbbbbbbbbbbb' })],
  ])('is one about which policy %s', async (_, decision) => {
    const { pass, events } = setUp(aWindow({ bound: 'session_time' }), { decide: () => decision });
    await pass(60_000);
    expect(events).toEqual([]);
  });

  it('does not make thousands of others wait for theirs', async () => {
    const { pass, sessions, asked, events, world } = setUp(aWindow({ until: start + 90_000 }));
    const sources = Array.from({ length: 3_000 }, (_, i) => `198.51.${i >> 8}.${i & 255}`);
    for (const source of sources) sessions.open(aWindow({ covers: network(source) }), start);
    world.flows = sources.map((source, i) => aConnection({ source, id: i, bytes: 0 }));
    await pass(60_000);
    await settled();
    expect(events).toHaveLength(3_000);
    expect(asked.length).toBeLessThan(1_000);
  });
});
