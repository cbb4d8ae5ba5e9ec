// SPDX-License-Identifier: MIT
// The life of sessions without a kernel, a bus or the time that passes.
import type { Config } from '@nftoggle/config';
import type { ChargeReply, ChargeRequest, Decision, EventData, EventType, Flow } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { aConfig } from '@nftoggle/testkit';
import type { ConntrackFlow, NativeNeighbour } from './native.ts';
import { neighbourTable } from './neighbours.ts';
import type { Orphan } from './orphans.ts';
import { FakeSets } from './session.fixture.ts';
import { SessionLife, type SessionLifeOptions } from './session-life.ts';
import { Sessions } from './sessions.ts';

const text = `
version: 1
services:
  ssh: { ports: [22/tcp], open_for: 1h, allow: [any] }
  web: { ports: [80/tcp], open_for: 1h, allow: [any] }
  game: { ports: [81/tcp], open_for: 1h, allow: [any] }
`;
export const revision = 'aaaaaaaaaaaa';
/** The moment at which a test begins, by both clocks. */
export const start = Date.parse('2026-01-05T12:00:00Z');
/** An instant that policy may tell, so many milliseconds after the beginning. */
export const instant = (after: number): string => new Date(start + after).toISOString();

/** What policy does; undefined or a throw when it does not answer. */
interface Policy {
  decide: (flow: Flow) => Decision | undefined | Promise<Decision | undefined>;
  charge: (request: ChargeRequest) => ChargeReply | undefined;
}

export function aLife(policy: Partial<Policy> = {}) {
  const sets = new FakeSets();
  const sessions = new Sessions(sets, 64);
  const config: Config = {
    ...aConfig(text),
    metering: { tick: 10, idleBytes: 1_000, dayStarts: 0 },
  };
  /** To be set by a test: what conntrack has, who is silent, and so on. */
  const world = {
    flows: [] as ConntrackFlow[],
    orphans: [] as Orphan[],
    neighbours: [] as NativeNeighbour[],
    config,
    revision,
    isGuarding: true,
    now: start,
    ahead: 0,
    decide: policy.decide ?? (() => undefined),
    charge: policy.charge ?? ((): ChargeReply => ({ balances: [] })),
  };
  const events: { type: EventType; data: Partial<EventData<EventType>> }[] = [];
  const [asked, charged, done]: [Flow[], ChargeRequest[], string[]] = [[], [], []];
  const connections = {
    assign: (_: unknown, index: number | null) => {
      world.orphans = [];
      return done.push(`assign ${index}`) > 0;
    },
    remove: (flow: ConntrackFlow) => {
      world.orphans = [];
      world.flows = world.flows.filter((each) => each.original !== flow.original);
      return done.push(`remove ${flow.original.source}`) > 0;
    },
  };
  const guard = {
    indexes: new Map([['ssh', 1]]),
    serviceOf: (mark: number) => (mark === 1 ? 'ssh' : undefined),
    connections,
    letIn: () => world.flows.filter(({ mark }) => mark !== 0),
    orphans: () => world.orphans,
  };
  const life = new SessionLife({
    sessions,
    guard: guard as unknown as SessionLifeOptions['guard'],
    inForce: () => ({ config: world.config, revision: world.revision }),
    isGuarding: () => world.isGuarding,
    mayBeOutside: () => false,
    neighbours: () => neighbourTable(world.neighbours),
    ask: async (flow) => {
      asked.push(flow);
      const decision = await world.decide(flow);
      if (decision === undefined) throw new Error('nobody answers');
      return decision;
    },
    charge: async (request) => {
      charged.push(request);
      const reply = world.charge(request);
      if (reply === undefined) throw new Error('nobody answers');
      return reply;
    },
    publish: (type, data) => events.push({ type, data }),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Logger,
    clock: { now: () => world.now, wall: () => world.now + world.ahead },
  });
  /** Lets so much time pass, and all happen that happens in it. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= 1_000) {
      world.now += Math.min(left, 1_000);
      life.sweep();
      await settled();
    }
  };
  return { life, sets, sessions, events, world, asked, charged, done, pass };
}

/** Everything that needs no time has happened. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}
