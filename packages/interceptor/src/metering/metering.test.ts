// SPDX-License-Identifier: MIT
// Use is measured, charged, and acted upon: all of it with the sessions that it is about.
import type { ChargeReply } from '@nftoggle/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { aDeny, anAllow } from '../decision.fixture.ts';
import { aConnection } from '../flow.fixture.ts';
import { aSession, network } from '../session.fixture.ts';
import { aLife, instant, settled, start } from '../session-life.fixture.ts';
import type { OpenSession } from '../sessions.ts';

const leo = 'person.leo';
const metered = (changes: Partial<OpenSession> = {}): OpenSession =>
  aSession({
    since: start,
    until: start + 3_600_000,
    bound: 'allowance',
    accounts: [leo],
    interface: 'lan0',
    ...changes,
  });
const spent = aDeny({ reason: 'allowance_spent', rule: 'services.ssh.allow[0]', at_end: 'cut' });
const left = (seconds: number | null): ChargeReply => ({ balances: [{ account: leo, left: seconds }] });

let scene: ReturnType<typeof aLife> | undefined;
afterEach(() => scene?.life.stop());

function setUp(...policy: Parameters<typeof aLife>) {
  scene = aLife(...policy);
  const { world, charged } = scene;
  let bytes = 0;
  /** Its connections move on, so many bytes more; 100 is what a keep-alive moves. */
  const move = (more: number, ...sources: string[]): void => {
    bytes += more;
    const all = sources.length === 0 ? ['203.0.113.7'] : sources;
    world.flows = all.map((source) => aConnection({ source, bytes }));
  };
  const secondsCharged = (): number[] =>
    charged.flatMap(({ charges }) => charges).map(({ seconds }) => seconds);
  return { ...scene, move, secondsCharged };
}

describe('use of an allowance', () => {
  it('is charged at each tick, from the last one on, by the clock on the wall', async () => {
    const { sessions, move, pass, charged } = setUp();
    sessions.open(metered(), start);
    for (let tick = 0; tick < 3; tick++) {
      move(50_000);
      await pass(10_000);
    }
    expect(charged.map(({ sequence, from, to }) => [sequence, from, to])).toEqual([
      [1, instant(0), instant(1_000)],
      [2, instant(1_000), instant(11_000)],
      [3, instant(11_000), instant(21_000)],
    ]);
    expect(new Set(charged.map(({ meter }) => meter)).size).toBe(1);
  });

  it('is nothing while a connection only keeps itself alive', async () => {
    const { sessions, move, pass, secondsCharged } = setUp();
    sessions.open(metered(), start);
    move(300);
    for (let tick = 0; tick < 6; tick++) {
      move(100);
      await pass(10_000);
    }
    expect(secondsCharged()).toEqual([]);
  });

  it('is charged once when two devices use it at once', async () => {
    const { sessions, move, pass, secondsCharged } = setUp();
    sessions.open(metered(), start);
    sessions.open(metered({ covers: network('203.0.113.8') }), start);
    for (let tick = 0; tick < 3; tick++) {
      move(50_000, '203.0.113.7', '203.0.113.8');
      await pass(10_000);
    }
    expect(secondsCharged()).toEqual([1, 10, 10]);
  });

  it('is charged from when its connection was not there yet up to the end of a session, the one that is cut included', async () => {
    const { sessions, move, pass, secondsCharged, life, events } = setUp({ decide: () => aDeny() });
    sessions.open(metered(), start);
    await pass(1_000);
    move(50_000);
    await pass(4_000);
    life.review();
    await settled();
    await pass(10_000);
    expect(events).toMatchObject([{ data: { reason: 'revoked', cut: 1 } }]);
    expect(secondsCharged()).toEqual([4]);
  });

  it('is charged before its source is asked about at the end of its time', async () => {
    const order: string[] = [];
    const { sessions, move, pass, secondsCharged } = setUp({
      decide: () => {
        order.push('asked');
        return spent;
      },
      charge: () => {
        order.push('charged');
        return left(0);
      },
    });
    sessions.open(metered({ until: start + 5_000 }), start);
    await pass(1_000);
    move(50_000);
    await pass(4_000);
    expect(order).toEqual(['charged', 'asked']);
    expect(secondsCharged()).toEqual([4]);
  });

  it('is told once more at the stop', async () => {
    const { sessions, move, pass, secondsCharged, life } = setUp();
    sessions.open(metered(), start);
    await pass(1_000);
    move(50_000);
    await pass(3_000);
    await life.stop();
    expect(secondsCharged()).toEqual([3]);
  });

  it('is all the time of a connection that nobody counts', async () => {
    const { sessions, pass, secondsCharged, world } = setUp();
    sessions.open(metered(), start);
    world.flows = [aConnection()];
    await pass(21_000);
    expect(secondsCharged()).toEqual([1, 10, 10]);
  });

  it('goes on while a session waits for an answer after its time', async () => {
    const { sessions, move, pass, secondsCharged, world } = setUp();
    world.decide = () => undefined;
    sessions.open(metered({ until: start + 5_000, bound: 'session_time' }), start);
    for (let second = 0; second < 31; second++) {
      move(5_000);
      await pass(1_000);
    }
    expect(secondsCharged().reduce((sum, seconds) => sum + seconds, 0)).toBe(31);
  });
});

describe('a charge', () => {
  it('that is not answered is repeated, the very same, and the next ones wait behind it', async () => {
    const { sessions, move, pass, charged, world } = setUp({ charge: () => undefined });
    sessions.open(metered(), start);
    for (let tick = 0; tick < 4; tick++) {
      move(50_000);
      await pass(10_000);
    }
    expect(charged.map(({ sequence }) => sequence)).toEqual([1, 1, 1, 1]);
    expect(new Set(charged.map((request) => JSON.stringify(request))).size).toBe(1);
    world.charge = () => left(null);
    await pass(10_000);
    expect(charged.slice(4).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  });

  it('is repeated as soon as there is a connection again', async () => {
    const { sessions, move, pass, charged, world, life } = setUp({ charge: () => undefined });
    sessions.open(metered(), start);
    move(50_000);
    await pass(1_000);
    world.charge = () => left(null);
    life.charge();
    await settled();
    life.charge();
    await settled();
    expect(charged.map(({ sequence }) => sequence)).toEqual([1, 1]);
  });

  it('waits while policy is not ready, and is dropped where policy refuses it for ever', async () => {
    const { sessions, move, pass, charged, world } = setUp({
      charge: () => ({ error: 'not_ready', message: 'the ledger is not read yet' }),
    });
    sessions.open(metered(), start);
    move(50_000);
    await pass(11_000);
    expect(charged.map(({ sequence }) => sequence)).toEqual([1, 1]);
    world.charge = () => ({ error: 'unknown_name', message: 'nobody is called so' });
    await pass(20_000);
    expect(charged.map(({ sequence }) => sequence)).toEqual([1, 1, 1]);
  });
});

describe('what policy says is left', () => {
  it('of an account that is spent has its sessions asked about at once, and cut', async () => {
    const { sessions, move, pass, events, done, asked } = setUp({
      decide: () => spent,
      charge: () => left(0),
    });
    sessions.open(metered(), start);
    sessions.open(metered({ covers: network('203.0.113.8'), accounts: [] }), start);
    move(50_000);
    await pass(1_000);
    expect(asked).toHaveLength(1);
    expect(events).toMatchObject([
      { type: 'session_ended', data: { covers: '203.0.113.7', reason: 'allowance_spent', cut: 1 } },
    ]);
    expect(done).toEqual(['remove 203.0.113.7']);
  });

  it('ends those without a connection, too', async () => {
    const { sessions, move, pass, events } = setUp({ decide: () => spent, charge: () => left(0) });
    sessions.open(metered(), start);
    sessions.open(metered({ covers: network('203.0.113.8') }), start);
    move(50_000);
    await pass(1_000);
    expect(events.map(({ data }) => data)).toMatchObject([{ cut: 1 }, { cut: 0 }]);
  });

  it('is less than a session has: its end is nearer then', async () => {
    const { sessions, move, pass, events, asked } = setUp({
      decide: () => anAllow({ until: instant(31_000), bound: 'allowance', accounts: [leo] }),
      charge: () => left(30),
    });
    sessions.open(metered(), start);
    move(50_000);
    await pass(1_000);
    expect(asked).toHaveLength(1);
    expect(sessions.list()).toMatchObject([{ until: start + 31_000 }]);
    expect(events).toEqual([]);
  });

  it('is as much as a session was opened for: nobody asks', async () => {
    const { sessions, move, pass, asked, world } = setUp();
    world.charge = () => left(3_600 - (world.now - start) / 1_000);
    sessions.open(metered(), start);
    for (let tick = 0; tick < 10; tick++) {
      move(50_000);
      await pass(10_000);
    }
    expect(asked).toEqual([]);
  });

  it('does no harm while nobody answers to that', async () => {
    const { sessions, move, pass, events, asked } = setUp({
      decide: () => undefined,
      charge: () => left(0),
    });
    sessions.open(metered(), start);
    move(50_000);
    await pass(1_000);
    expect(asked).toHaveLength(1);
    expect(events).toEqual([]);
  });

  /** As policy does it: the decision gives what is left, and charges are taken off. */
  function aPolicy(seconds: number) {
    const ledger = { left: seconds };
    const policy = setUp({
      decide: () =>
        ledger.left <= 0
          ? spent
          : anAllow({
              until: new Date(policy.world.now + ledger.left * 1_000).toISOString(),
              bound: 'allowance',
              accounts: [leo],
            }),
      charge: ({ charges }) => {
        for (const charge of charges) ledger.left = Math.max(0, ledger.left - charge.seconds);
        return left(ledger.left);
      },
    });
    policy.sessions.open(metered({ until: start + seconds * 1_000 }), start);
    return { ...policy, ledger };
  }

  it('of seconds is spent by a stream, and the stream is cut within a tick', async () => {
    const { move, pass, events, ledger, world } = aPolicy(25);
    while (events.length === 0 && world.now < start + 60_000) {
      move(5_000);
      await pass(1_000);
    }
    expect(world.now - start).toBeGreaterThanOrEqual(25_000);
    expect(world.now - start).toBeLessThanOrEqual(27_000);
    expect(ledger.left).toBe(0);
    expect(events).toMatchObject([{ data: { reason: 'allowance_spent', cut: 1 } }]);
  });

  it('is given again at the end of a time in which the connection was idle', async () => {
    const { move, pass, events, ledger, asked } = aPolicy(25);
    for (let tick = 0; tick < 12; tick++) {
      move(100);
      await pass(10_000);
    }
    expect([events, ledger.left]).toEqual([[], 25]);
    expect(asked.length).toBeGreaterThanOrEqual(4);
  });
});
