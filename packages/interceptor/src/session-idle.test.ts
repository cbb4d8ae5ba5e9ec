// SPDX-License-Identifier: MIT
import { afterEach, describe, expect, it } from 'vitest';
import { aConnection } from './flow.fixture.ts';
import { aSession, network } from './session.fixture.ts';
import { aLife, start } from './session-life.fixture.ts';
import type { OpenSession } from './sessions.ts';

let scene: ReturnType<typeof aLife> | undefined;
afterEach(() => scene?.life.stop());

/** One minute without a connection ends a session of SSH; it is looked at every ten seconds. */
function setUp(changes: Partial<OpenSession> = {}) {
  const set = aLife();
  scene = set;
  const { world, sessions } = set;
  const services = new Map([...world.config.services].map(([name, s]) => [name, { ...s, idleAfter: 60 }]));
  world.config = { ...world.config, services };
  sessions.open(aSession({ since: start, until: start + 3_600_000, ...changes }), start);
  sessions.remember(aSession());
  return set;
}

describe('a session that nobody uses', () => {
  it('ends when it has had no connection for as long as its service says', async () => {
    const { pass, world, events, sets, sessions } = setUp();
    world.flows = [aConnection()];
    await pass(40_000);
    world.flows = [];
    await pass(59_000);
    expect(events).toEqual([]);
    await pass(12_000);
    expect(events).toMatchObject([{ type: 'session_ended', data: { reason: 'idle', cut: 0 } }]);
    expect(sessions.list()).toEqual([]);
    expect(sets.names, 'its source is known still').toEqual(['recent4 cb007107']);
  });

  it('ends as long after it was opened where nobody ever connected', async () => {
    const { pass, events } = setUp();
    await pass(59_000);
    expect(events).toEqual([]);
    await pass(12_000);
    expect(events).toMatchObject([{ data: { reason: 'idle' } }]);
  });

  it('goes on while a connection is open, however little that moves', async () => {
    const { pass, world, events } = setUp();
    world.flows = [aConnection({ bytes: 60 })];
    await pass(600_000);
    expect(events).toEqual([]);
  });

  it('goes on for connections that no look ever shows', async () => {
    const { pass, world, events } = setUp();
    for (let i = 0; i < 5; i++) {
      await pass(50_000);
      const flow = aConnection({ sourcePort: i, bytes: 100 });
      world.heard.push({ kind: 'new', flow }, { kind: 'destroy', flow });
      await pass(10_000);
    }
    expect(events).toEqual([]);
  });

  it('is not kept by a connection that both sides closed', async () => {
    const { pass, world, events } = setUp();
    world.flows = [aConnection({ closed: true, bytes: 60 })];
    await pass(71_000);
    expect(events).toMatchObject([{ data: { reason: 'idle', cut: 0, use: { connections: 1 } } }]);
  });

  it('is not kept by the connections of an address of its prefix that has a session of its own', async () => {
    const { pass, world, events, sessions } = setUp({ covers: network('2001:db8::/64') });
    sessions.open(
      aSession({ id: '000000bbbbbb', covers: network('2001:db8::7'), until: start + 3_600_000 }),
      start,
    );
    world.flows = [aConnection({ source: '2001:db8::7', bytes: 60 })];
    await pass(71_000);
    expect(events).toMatchObject([{ data: { covers: '2001:db8::/64', reason: 'idle' } }]);
  });

  it('ends by its time where that is over first', async () => {
    const { pass, events } = setUp({ until: start + 59_000, bound: 'window_end' });
    await pass(71_000);
    expect(events).toMatchObject([{ data: { reason: 'window_end' } }]);
  });

  it('goes on for somebody who comes back just as it ends', async () => {
    const { pass, world, events, sets, sessions } = setUp();
    const remove = sets.remove.bind(sets);
    sets.remove = (elements) => {
      world.flows = [aConnection()];
      remove(elements);
    };
    await pass(71_000);
    expect(events).toEqual([]);
    expect(sessions.size).toBe(1);
    expect(sets.names).toContain('v4_ssh cb007107');
  });

  it('stays in the kernel where connections cannot be looked at just then', async () => {
    const { pass, world, events, sets } = setUp();
    const remove = sets.remove.bind(sets);
    let isBroken = false;
    sets.remove = (elements) => {
      isBroken = true;
      remove(elements);
    };
    Object.defineProperty(world, 'flows', {
      get: () => {
        if (isBroken) throw new Error('Interrupted system call');
        return [];
      },
    });
    await pass(71_000);
    expect([isBroken, events, sets.names]).toEqual([true, [], ['recent4 cb007107', 'v4_ssh cb007107']]);
  });

  it('is tried again where the kernel fails it', async () => {
    const { pass, events, sets } = setUp();
    const remove = sets.remove.bind(sets);
    sets.remove = () => {
      sets.remove = remove;
      throw new Error('Interrupted system call');
    };
    await pass(81_000);
    expect(events).toHaveLength(1);
    expect(sets.names).toEqual(['recent4 cb007107']);
  });
});
