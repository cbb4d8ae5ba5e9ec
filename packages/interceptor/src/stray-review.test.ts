// SPDX-License-Identifier: MIT
import type { Decision } from '@nftoggle/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { aDeny, anAllow } from './decision.fixture.ts';
import { aConnection } from './flow.fixture.ts';
import { aSession, network } from './session.fixture.ts';
import { aLife, instant, settled, start } from './session-life.fixture.ts';

const outside = (changes: Partial<Decision> = {}): Decision =>
  aDeny({ reason: 'outside_window', rule: 'services.ssh.allow[0]', at_end: 'cut', ...changes });

let scene: ReturnType<typeof aLife> | undefined;
afterEach(() => scene?.life.stop());

/** As after a restart: connections are there, and the session of theirs ended meanwhile. */
function setUp(...policy: Parameters<typeof aLife>) {
  scene = aLife(...policy);
  scene.world.flows = [aConnection()];
  return scene;
}

describe('a connection without a session', () => {
  it('gets one where policy allows it, and goes on', async () => {
    const { life, sessions, sets, events, done } = setUp({
      decide: () => anAllow({ until: instant(60_000), bound: 'window_end', accounts: ['person.leo'] }),
    });
    life.review();
    await settled();
    expect(sessions.list()).toMatchObject([
      { covers: network('203.0.113.7'), until: start + 60_000, accounts: ['person.leo'] },
    ]);
    expect(sets.names).toEqual(['v4_ssh cb007107']);
    expect(events).toMatchObject([
      { type: 'session_started', data: { bound: 'window_end', source: { address: '203.0.113.7' } } },
    ]);
    expect(done).toEqual([]);
  });

  it('is cut where policy denies it', async () => {
    const { life, sets, events, done } = setUp({ decide: () => outside() });
    life.review();
    await settled();
    expect(done).toEqual(['remove 203.0.113.7']);
    expect(sets.names).toEqual(['cut4 cb007107']);
    expect(events).toEqual([]);
  });

  it('is left to itself where the rule that denies it says so, and is not asked about again', async () => {
    const { life, pass, asked, done } = setUp({ decide: () => outside({ at_end: 'keep' }) });
    life.review();
    await pass(60_000);
    expect(asked).toHaveLength(1);
    expect(done).toEqual([]);
  });

  it('is asked about at each tick until there is an answer', async () => {
    const { pass, asked, done, world } = setUp();
    await pass(31_000);
    expect(asked).toHaveLength(4);
    expect(done).toEqual([]);
    world.decide = () => outside();
    await pass(10_000);
    expect(done).toEqual(['remove 203.0.113.7']);
    await pass(60_000);
    expect(asked).toHaveLength(5);
  });

  it('of a device on our link is asked about with its hardware address, though nothing is left of its session', async () => {
    const mac = '02:00:00:00:00:01';
    const { life, world, asked } = setUp({ decide: () => outside({ at_end: 'keep' }) });
    world.neighbours = [{ address: '203.0.113.7', mac, interface: 'lan0' }];
    life.review();
    await settled();
    expect(asked).toMatchObject([{ source: { address: '203.0.113.7', mac }, interface: 'lan0' }]);
  });

  it('that conntrack takes for closed goes on by no mark, and nobody is asked', async () => {
    const { life, world, asked, done } = setUp({ decide: () => outside() });
    world.flows = [aConnection({ closed: true })];
    life.review();
    await settled();
    expect([asked, done]).toEqual([[], ['remove 203.0.113.7']]);
  });

  it('that was kept when a grant ended is kept on, until a rule is against its source', async () => {
    const { life, sessions, world, pass, done, events } = setUp({
      decide: () => aDeny({ at_end: 'keep' }),
    });
    sessions.open(
      aSession({
        since: start,
        until: start + 1_000,
        bound: 'grant_end',
        atEnd: 'keep',
        reason: 'grant_allows',
      }),
      start,
    );
    await pass(1_000);
    expect(events).toMatchObject([{ type: 'session_ended', data: { reason: 'grant_ended', cut: 0 } }]);
    // Any change of the configuration, and any return of the bus, asks for a review.
    life.review();
    await settled();
    life.review();
    await settled();
    expect(done).toEqual([]);
    world.decide = () => aDeny({ reason: 'rule_denies', rule: 'services.ssh.deny[0]', at_end: 'keep' });
    life.review();
    await settled();
    expect(done).toEqual(['remove 203.0.113.7']);
  });

  it('is never one from before the guard, or of our own: those carry no service', async () => {
    const { life, asked, world, done } = setUp({ decide: () => aDeny() });
    world.flows = [aConnection({ mark: 0 })];
    life.review();
    await settled();
    expect([asked, done]).toEqual([[], []]);
  });

  it('is not asked about while the guard is away', async () => {
    const { pass, asked, world } = setUp({ decide: () => aDeny() });
    world.isGuarding = false;
    await pass(30_000);
    expect(asked).toEqual([]);
  });

  it('is asked about with what is known of the session that it had', async () => {
    const mac = '02:00:00:00:00:01';
    const { pass, sessions, sets, world, asked } = setUp({ decide: () => aDeny() });
    world.flows = [];
    // A connection begins between the look at what is there and the end.
    sets.remove = () => {
      world.flows = [aConnection()];
    };
    sessions.open(aSession({ since: start, until: start + 1_000, mac, interface: 'lan0' }), start);
    await pass(1_000);
    expect(asked).toMatchObject([{ source: { address: '203.0.113.7', mac }, interface: 'lan0' }]);
  });

  it('is not cut when its source came back meanwhile and was let in', async () => {
    const { life, sessions, done } = setUp({
      decide: () => {
        sessions.open(aSession({ until: start + 60_000 }), start);
        return outside();
      },
    });
    life.review();
    await settled();
    expect(done).toEqual([]);
  });

  it('is asked about again by a review though it was kept: what was said counts no more', async () => {
    const { life, world, done, pass } = setUp({ decide: () => outside({ at_end: 'keep' }) });
    life.review();
    await settled();
    world.decide = () => aDeny();
    life.review(new Set(['other']));
    await pass(20_000);
    expect(done).toEqual([]);
    life.review(new Set(['ssh']));
    await settled();
    expect(done).toEqual(['remove 203.0.113.7']);
  });

  it('of a source that policy lets in, and that the kernel has no room for, is tried again', async () => {
    const { life, sets, sessions, pass, events } = setUp({ decide: () => anAllow() });
    sets.refuse = true;
    life.review();
    await settled();
    expect([sessions.list(), events]).toEqual([[], []]);
    sets.refuse = false;
    await pass(1_000);
    expect(sessions.list()).toHaveLength(1);
    expect(events).toHaveLength(1);
  });

  it('is not looked for while nothing can have left one', async () => {
    const { pass, world } = setUp({ decide: () => outside() });
    await pass(20_000);
    world.flows = [aConnection()];
    const { flows } = world;
    await pass(60_000);
    expect(world.flows).toBe(flows);
  });
});
