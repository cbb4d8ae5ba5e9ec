// SPDX-License-Identifier: MIT
import type { Decision, EventData, EventType, Flow } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { aConfig, eventually } from '@nftoggle/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import type { Connections } from './connections.ts';
import type { ConntrackFlow } from './native.ts';
import type { Orphan } from './orphans.ts';
import { aSession, FakeSets, network } from './session.fixture.ts';
import { SessionLife, type SessionLifeOptions } from './session-life.ts';
import { Sessions } from './sessions.ts';

const text = 'version: 1\nservices:\n  ssh: { ports: [22/tcp], open_for: 1h, allow: [any] }\n';
const answer = (decision: 'allow' | 'deny', revision: string): Decision => ({
  decision,
  reason: decision === 'allow' ? 'rule_allows' : 'no_rule',
  rule: null,
  until: null,
  prefix: 32,
  revision,
});

function aFlow(source: string, mark: number): ConntrackFlow {
  const original = { source, sourcePort: 50_000, destination: '127.0.0.1', destinationPort: 22 };
  return { protocol: 'tcp', original, reply: original, mark, established: true };
}
const orphan = (): Orphan => ({
  flow: aFlow('192.0.2.7', 7),
  asked: aFlow('192.0.2.7', 7).original,
  guardians: [...aConfig(text).services.values()],
});

let life: SessionLife | undefined;
afterEach(() => life?.stop());

function setUp(decide: (flow: Flow, revision: string) => Promise<Decision>) {
  const sets = new FakeSets();
  const sessions = new Sessions(sets, 64);
  const events: { type: EventType; data: Partial<EventData<EventType>> }[] = [];
  const state = { orphans: [] as Orphan[], revision: 'aaaaaaaaaaaa', open: 0, mostOpen: 0, questions: 0 };
  const done: string[] = [];
  const connections: Pick<Connections, 'assign' | 'remove'> = {
    assign: (_, index) => {
      state.orphans = [];
      return done.push(`assign ${index}`) > 0;
    },
    remove: ({ original }) => {
      state.orphans = [];
      return done.push(`remove ${original.source}`) > 0;
    },
  };
  const guard = {
    indexes: new Map([['ssh', 1]]),
    serviceOf: (mark: number) => (mark === 1 ? 'ssh' : undefined),
    connections,
    letIn: () => [aFlow('203.0.113.7', 1), aFlow('203.0.113.70', 1)],
    orphans: () => state.orphans,
  };
  life = new SessionLife({
    sessions,
    guard: guard as unknown as SessionLifeOptions['guard'],
    inForce: () => ({ config: aConfig(text), revision: state.revision }),
    ask: async (flow) => {
      state.questions += 1;
      state.open += 1;
      state.mostOpen = Math.max(state.mostOpen, state.open);
      return decide(flow, state.revision).finally(() => {
        state.open -= 1;
      });
    },
    publish: (type, data) => events.push({ type, data }),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Logger,
    clock: { now: () => 1_000, wall: () => 1_000 },
  });
  return { life, sets, sessions, events, state, done };
}

describe('SessionLife', () => {
  it('runs one review at a time, and one more for all that were asked for meanwhile', async () => {
    const answers: (() => void)[] = [];
    const { life, sessions, state } = setUp(async (_, revision) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return answer('allow', revision);
    });
    sessions.adopt(aSession());
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
    const { life, sets, sessions, events, done } = setUp(async (_, revision) => answer('deny', revision));
    sessions.open(aSession(), 0);
    life.review();
    await eventually(() => events.length > 0);
    expect(sets.names).toEqual(['cut4 cb007107']);
    expect(done).toEqual(['remove 203.0.113.7']);
    expect(events).toMatchObject([{ type: 'session_ended', data: { reason: 'revoked' } }]);
  });

  it('ends it all the same when the set of cut peers is full', async () => {
    const { life, sets, sessions, events, done } = setUp(async (_, revision) => answer('deny', revision));
    sessions.open(aSession(), 0);
    sets.refuse = true;
    life.review();
    await eventually(() => events.length > 0);
    expect(done).toEqual(['remove 203.0.113.7']);
    expect(sessions.list()).toEqual([]);
  });

  it('tells of sessions whose service is gone', () => {
    const { life, sessions, events } = setUp(async (_, revision) => answer('allow', revision));
    sessions.adopt(aSession({ service: 'gone' }));
    sessions.adopt(aSession());
    life.endDeparted();
    expect(events).toMatchObject([{ type: 'session_ended', data: { service: 'gone', reason: 'revoked' } }]);
    expect(sessions.list()).toEqual([aSession()]);
  });

  it('gives an orphan and its source to the service that allows it', async () => {
    const { life, sessions, events, done, state } = setUp(async (flow, revision) => {
      expect(flow.source.mac).toBe('02:00:00:00:00:01');
      return answer('allow', revision);
    });
    sessions.adopt(aSession({ service: 'gone', covers: network('192.0.2.7'), mac: '02:00:00:00:00:01' }));
    life.endDeparted();
    state.orphans = [orphan()];
    life.review();
    await eventually(() => events.length === 2);
    expect(done).toEqual(['assign 1']);
    expect(events[1]).toMatchObject({
      type: 'session_started',
      data: { service: 'ssh', covers: '192.0.2.7' },
    });
    expect(sessions.list()).toMatchObject([{ service: 'ssh', until: 3_601_000 }]);
  });

  it('ends an orphan that nobody wants', async () => {
    const { life, sets, done, state } = setUp(async (_, revision) => answer('deny', revision));
    state.orphans = [orphan()];
    life.review();
    await eventually(() => done.length > 0);
    expect(done).toEqual(['remove 192.0.2.7']);
    expect(sets.names).toEqual(['cut4 c0000207']);
  });

  it('keeps asking about an orphan that nobody answers about', async () => {
    let isAway = true;
    const { life, done, state } = setUp(async (_, revision) => {
      if (isAway) throw new Error('nobody answers');
      return answer('deny', revision);
    });
    state.orphans = [orphan()];
    life.review();
    await eventually(() => state.questions > 60, { withinMs: 15_000 });
    expect(done).toEqual([]);
    isAway = false;
    await eventually(() => done.length > 0);
    expect(done).toEqual(['remove 192.0.2.7']);
  });

  it('goes on after the kernel failed it', async () => {
    const { life, sets, sessions, events } = setUp(async (_, revision) => answer('deny', revision));
    sessions.open(aSession(), 0);
    const remove = sets.remove.bind(sets);
    sets.remove = () => {
      sets.remove = remove;
      throw new Error('Interrupted system call');
    };
    life.review();
    await eventually(() => events.length > 0);
    expect(sets.names).toEqual(['cut4 cb007107']);
  });

  it('takes what is left of an expired session out of the kernel, and tells of it once though that fails', () => {
    const { life, sets, sessions, events } = setUp(async (_, revision) => answer('allow', revision));
    sessions.open(aSession({ until: 900 }), 0);
    sessions.open(aSession({ covers: network('203.0.113.8'), until: 900 }), 0);
    life.expire();
    life.expire();
    expect(sets.names).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual(['session_ended', 'session_ended']);
    sessions.open(aSession({ until: 900 }), 0);
    sets.remove = () => {
      throw new Error('Interrupted system call');
    };
    life.expire();
    expect(events).toHaveLength(3);
  });

  it('ends sessions for which a smaller set has no room', () => {
    const { life, sets, sessions, events } = setUp(async (_, revision) => answer('allow', revision));
    for (let i = 0; i < 5; i++) sessions.adopt(aSession({ covers: network(`203.0.113.${i}`) }));
    sets.room = 3;
    life.restore();
    expect(sessions.list()).toHaveLength(3);
    expect(events).toHaveLength(2);
  });
});
