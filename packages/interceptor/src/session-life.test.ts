// SPDX-License-Identifier: MIT
import type { Decision, Flow } from '@nftoggle/contracts';
import { eventually } from '@nftoggle/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { aDeny, anAllow } from './decision.fixture.ts';
import { aConnection } from './flow.fixture.ts';
import type { Orphan } from './orphans.ts';
import { aSession, network } from './session.fixture.ts';
import { aLife, settled, start } from './session-life.fixture.ts';
import type { SessionLife } from './session-life.ts';
import { questionAbout } from './session-question.ts';

let life: SessionLife | undefined;
afterEach(() => life?.stop());

function setUp(decide: (flow: Flow) => Promise<Decision>) {
  const state = { open: 0, mostOpen: 0, questions: 0 };
  const scene = aLife({
    decide: async (flow) => {
      state.questions += 1;
      state.open += 1;
      state.mostOpen = Math.max(state.mostOpen, state.open);
      return decide(flow).finally(() => {
        state.open -= 1;
      });
    },
  });
  life = scene.life;
  return { ...scene, state };
}

const mine = aSession({ until: start + 60_000 });
const orphanOf = ({ world }: Pick<ReturnType<typeof aLife>, 'world'>): Orphan => ({
  flow: aConnection({ source: '192.0.2.7', mark: 7 }),
  asked: aConnection({ source: '192.0.2.7' }).original,
  guardians: [...world.config.services.values()].slice(0, 1),
});

describe('SessionLife', () => {
  it('runs one review at a time, and one more for all that were asked for meanwhile', async () => {
    const answers: (() => void)[] = [];
    const { life, sessions, state } = setUp(async () => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return anAllow();
    });
    sessions.adopt(mine);
    for (let i = 0; i < 10; i++) life.review();
    await eventually(() => answers.length === 1);
    for (let i = 0; i < 10; i++) life.review();
    answers[0]?.();
    await eventually(() => answers.length === 2);
    answers[1]?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(state).toMatchObject({ mostOpen: 1, questions: 2 });
  });

  it('ends what is refused: element, connections, event; and the peer cannot be spoken to first', async () => {
    const { life, sets, sessions, events, done, world } = setUp(async () => aDeny());
    world.flows = [aConnection()];
    sessions.open(mine, start);
    life.review();
    await eventually(() => events.length > 0);
    expect(sets.names).toEqual(['cut4 cb007107']);
    expect(done).toEqual(['remove 203.0.113.7']);
    expect(events).toMatchObject([{ type: 'session_ended', data: { reason: 'revoked' } }]);
  });

  it('ends it all the same when the set of cut peers is full', async () => {
    const { life, sets, sessions, events, done, world } = setUp(async () => aDeny());
    world.flows = [aConnection()];
    sessions.open(mine, start);
    sets.refuse = true;
    life.review();
    await eventually(() => events.length > 0);
    expect(done).toEqual(['remove 203.0.113.7']);
    expect(sessions.list()).toEqual([]);
  });

  it('tells of sessions whose service is gone', () => {
    const { life, sessions, events } = setUp(async () => anAllow());
    sessions.adopt(aSession({ ...mine, service: 'gone' }));
    sessions.adopt(mine);
    life.endDeparted();
    expect(events).toMatchObject([{ type: 'session_ended', data: { service: 'gone', reason: 'revoked' } }]);
    expect(sessions.list()).toEqual([mine]);
  });

  it('looks again when somebody is let in by an answer that was on its way while policy changed its mind', async () => {
    let answer = (): void => undefined;
    const { life, sessions, events } = setUp(async ({ sourcePort }) => {
      if (sourcePort === 0) return aDeny();
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return anAllow();
    });
    const asking = life.ask({ ...questionAbout(mine), sourcePort: 50_000 });
    life.review();
    await settled();
    answer();
    expect(await asking).toMatchObject({ decision: 'allow' });
    sessions.open(mine, start);
    await eventually(() => events.length > 0);
    expect(events).toMatchObject([{ type: 'session_ended', data: { reason: 'revoked' } }]);
  });

  it('gives an orphan and its source to the service that allows it', async () => {
    const { life, sessions, events, done, world } = setUp(async (flow) => {
      expect(flow.source.mac).toBe('02:00:00:00:00:01');
      return anAllow();
    });
    sessions.adopt(aSession({ service: 'gone', covers: network('192.0.2.7'), mac: '02:00:00:00:00:01' }));
    life.endDeparted();
    world.orphans = [orphanOf({ world })];
    life.review();
    await eventually(() => events.length === 2);
    expect(done).toEqual(['assign 1']);
    expect(events[1]).toMatchObject({
      type: 'session_started',
      data: { service: 'ssh', covers: '192.0.2.7' },
    });
    expect(sessions.list()).toMatchObject([{ service: 'ssh', until: start + 3_600_000 }]);
  });

  it('ends an orphan that nobody wants', async () => {
    const { life, sets, done, world } = setUp(async () => aDeny());
    world.orphans = [orphanOf({ world })];
    life.review();
    await eventually(() => done.length > 0);
    expect(done).toEqual(['remove 192.0.2.7']);
    expect(sets.names).toEqual(['cut4 c0000207']);
  });

  it('keeps asking about an orphan that nobody answers about', async () => {
    let isAway = true;
    const { life, done, state, world } = setUp(async () => {
      if (isAway) throw new Error('nobody answers');
      return aDeny();
    });
    world.orphans = [orphanOf({ world })];
    life.review();
    await eventually(() => state.questions > 60, { withinMs: 15_000 });
    expect(done).toEqual([]);
    isAway = false;
    await eventually(() => done.length > 0);
    expect(done).toEqual(['remove 192.0.2.7']);
  });

  it('goes on after the kernel failed it', async () => {
    const { life, sets, sessions, events } = setUp(async () => aDeny());
    sessions.open(mine, start);
    const remove = sets.remove.bind(sets);
    sets.remove = () => {
      sets.remove = remove;
      throw new Error('Interrupted system call');
    };
    life.review();
    await eventually(() => events.length > 0);
    expect(sets.names).toEqual(['cut4 cb007107']);
  });

  it('ends what another answer took the place of only when it is refused once more', async () => {
    const { life, sessions, events, world } = setUp(async () => {
      // Policy changes its mind while a newer answer is on its way.
      if (events.length === 0 && sessions.isCurrent(mine))
        sessions.renew([{ ...mine, until: mine.until + 1 }], world.now);
      return aDeny();
    });
    sessions.open(mine, start);
    life.review();
    await settled();
    expect(events).toEqual([]);
    await eventually(() => events.length > 0);
    expect(sessions.list()).toEqual([]);
  });

  it('brings up to date what a session may, in the kernel and in the books, and tells nobody', async () => {
    const { life, sets, sessions, events } = setUp(async () =>
      anAllow({
        until: new Date(start + 30_000).toISOString(),
        bound: 'window_end',
        at_end: 'keep',
        accounts: ['person.leo'],
      }),
    );
    sessions.open(mine, start);
    life.review();
    await settled();
    expect(sessions.list()).toEqual([
      { ...mine, until: start + 30_000, bound: 'window_end', atEnd: 'keep', accounts: ['person.leo'] },
    ]);
    const [element] = [...sets.elements.values()];
    expect(element?.timeout).toBe(30_000);
    expect(element?.comment).toContain('bound=window_end end=keep');
    expect(events).toEqual([]);
  });

  it('ends a session whose element finds no room when its time is another', async () => {
    const { life, sets, sessions, events } = setUp(async () =>
      anAllow({ until: new Date(start + 30_000).toISOString(), bound: 'window_end' }),
    );
    sessions.open(mine, start);
    sets.refuse = true;
    life.review();
    await settled();
    expect(events).toMatchObject([{ type: 'session_ended', data: { reason: 'revoked' } }]);
    expect(sets.names).toEqual([]);
  });

  it('looks at the services that are named, and at all when one of many reviews is about all', async () => {
    const { life, sessions, asked } = setUp(async () => anAllow());
    for (const service of ['ssh', 'web', 'game']) sessions.open(aSession({ ...mine, service }), start);
    life.review(new Set(['web']));
    await settled();
    expect(asked.map(({ service }) => service)).toEqual(['web']);
    life.review(new Set(['ssh']));
    life.review(new Set(['game']));
    await settled();
    expect(asked.map(({ service }) => service)).toEqual(['web', 'ssh', 'game']);
    life.review(new Set(['ssh']));
    life.review(new Set(['web']));
    life.review();
    await settled();
    expect(asked).toHaveLength(3 + 1 + 3);
  });

  it('looks at all sessions when the clock was set, because their ends are instants on it', async () => {
    const { life, sessions, asked, world, pass } = setUp(async () => anAllow());
    sessions.open(mine, start);
    await pass(3_000);
    expect(asked).toEqual([]);
    world.ahead = 3_600_000;
    life.sweep();
    await settled();
    expect(asked).toHaveLength(1);
  });

  it('ends everything in the books when the guard is gone', () => {
    const { life, sessions, events, done } = setUp(async () => anAllow());
    sessions.open(mine, start);
    life.endAll();
    expect(sessions.list()).toEqual([]);
    expect(events).toMatchObject([{ data: { reason: 'shutdown', cut: 0 } }]);
    expect(done).toEqual([]);
  });

  it('ends sessions for which a smaller set has no room', () => {
    const { life, sets, sessions, events } = setUp(async () => anAllow());
    for (let i = 0; i < 5; i++) sessions.adopt(aSession({ ...mine, covers: network(`203.0.113.${i}`) }));
    sets.room = 3;
    life.restore();
    expect(sessions.list()).toHaveLength(3);
    expect(events).toHaveLength(2);
  });
});
