// SPDX-License-Identifier: MIT
// The life of sessions without a kernel, a bus or the time that passes.
import type { EventIdentity } from '@nftoggle/bus';
import type { Config } from '@nftoggle/config';
import type { ChargeReply, ChargeRequest, Decision, EventData, EventType, Flow } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { aConfig } from '@nftoggle/testkit';
import type { ConntrackEvent, ConntrackFlow, Native, NativeNeighbour } from './native.ts';
import { neighbourTable } from './neighbours.ts';
import type { Orphan } from './orphans.ts';
import { FakeSets } from './session.fixture.ts';
import type { SessionMemory } from './session-file.ts';
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

/** What a life finds when it begins. */
interface Before {
  readonly memory: SessionMemory;
  readonly flows: readonly ConntrackFlow[];
  /** False when our table is not there. */
  readonly isAdopted: boolean;
  /** By both clocks. */
  readonly now: number;
}

export function aLife(
  policy: Partial<Policy> = {},
  { memory, flows = [], isAdopted = false, now = start }: Partial<Before> = {},
) {
  const sets = new FakeSets();
  const sessions = new Sessions(sets, 64);
  const read = aConfig(text);
  const config: Config = {
    ...read,
    services: new Map([...read.services].map(([name, service]) => [name, { ...service, idleAfter: 7_200 }])),
    metering: { tick: 10, idleBytes: 1_000, dayStarts: 0 },
  };
  /** To be set by a test: what conntrack has, who is silent, and so on. */
  const world = {
    flows: [...flows],
    /** What conntrack tells next. */
    heard: [] as ConntrackEvent[],
    /** What conntrack knows of a connection that is removed. */
    onRemove: (flow: ConntrackFlow) => flow,
    orphans: [] as Orphan[],
    neighbours: [] as NativeNeighbour[],
    config,
    revision,
    isGuarding: true,
    /** Does the event stream take what it is told? */
    isStored: true,
    now,
    ahead: 0,
    decide: policy.decide ?? (() => undefined),
    charge: policy.charge ?? ((): ChargeReply => ({ balances: [] })),
  };
  const events: { type: EventType; data: Partial<EventData<EventType>>; identity: EventIdentity }[] = [];
  const [asked, charged, done]: [Flow[], ChargeRequest[], string[]] = [[], [], []];
  const connections = {
    assign: (_: unknown, index: number | null) => {
      world.orphans = [];
      return done.push(`assign ${index}`) > 0;
    },
    remove: (flow: ConntrackFlow) => {
      world.orphans = [];
      const known = world.flows.find((each) => each.original === flow.original) ?? flow;
      world.heard.push({ kind: 'destroy', flow: world.onRemove(known) });
      world.flows = world.flows.filter((each) => each.original !== flow.original);
      return done.push(`remove ${flow.original.source}`) > 0;
    },
  };
  let lose = (): void => undefined;
  const guard = {
    table: { sessionServices: () => [] },
    indexes: new Map([['ssh', 1]]),
    serviceOf: (mark: number) => (mark === 1 ? 'ssh' : undefined),
    connections,
    letIn: () => world.flows.filter(({ mark }) => mark !== 0),
    watch: (onEvents: (events: readonly ConntrackEvent[]) => void, onLost: () => void) => {
      lose = onLost;
      return { read: () => onEvents(world.heard.splice(0)), close: () => undefined };
    },
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
    memory: memory ?? null,
    publish: async (type, data, _, identity) => {
      events.push({ type, data, identity });
      return world.isStored;
    },
    onStarted: () => undefined,
    onEnded: () => undefined,
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
  life.begin({ Nftables: class {} } as unknown as Native, isAdopted);
  /** The kernel loses events. */
  const loseEvents = (): void => lose();
  return { life, sets, sessions, events, world, asked, charged, done, pass, loseEvents };
}

/** Everything that needs no time has happened. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}
