// SPDX-License-Identifier: MIT
// The life of sessions in a real kernel, for startInside: policy is played, all else is as in the daemon.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseNetwork } from '@nftoggle/config';
import type { ChargeRequest, Decision, EventData, EventType, Flow, SessionUse } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { aLoaded } from '@nftoggle/testkit';
import { testedAddon } from './addon.fixture.ts';
import { systemClock } from './clock.ts';
import { anAllow } from './decision.fixture.ts';
import { Guard } from './guard.ts';
import { Links } from './links.ts';
import { switchOnAccounting, switchOnEvents } from './metering/accounting.ts';
import { neighbourTable } from './neighbours.ts';
import { table } from './ruleset/names.ts';
import { aSession } from './session.fixture.ts';
import { SessionFile } from './session-file.ts';
import { newSessionId } from './session-id.ts';
import { SessionLife } from './session-life.ts';
import { questionAbout } from './session-question.ts';
import { type OpenSession, Sessions } from './sessions.ts';

const native = testedAddon();
const messages = new native.NftMessages();
const loaded = aLoaded(
  'version: 1\nservices:\n  ssh: { ports: [22/tcp, 22/udp], open_for: 1h, allow: [lan] }\n',
);

/** Times in seconds. */
export interface Beginning {
  readonly tick?: number;
  readonly idleAfter?: number;
  /** Path of the file for the next life; null for none. */
  readonly memory?: string | null;
}

/** What happened since the last beginning. */
const told = {
  asked: [] as Flow[],
  charges: [] as ChargeRequest[],
  events: [] as { type: EventType; at: number; data: Partial<EventData<EventType>> }[],
  warnings: [] as string[],
};
/** What policy says; null when it does not answer. */
let word: Decision | null = null;
let running: { readonly life: SessionLife; readonly sessions: Sessions; stop(): Promise<void> } | undefined;

export const log = () => told;
export const accounting = (): string | null => switchOnAccounting() ?? switchOnEvents();
/** `seconds`: how long it lets in, from now on. */
export function say(decision: Partial<Decision> | null, seconds?: number): void {
  const until = seconds === undefined ? null : new Date(Date.now() + seconds * 1_000).toISOString();
  word = decision === null ? null : anAllow({ revision: loaded.revision, until, ...decision });
}

/** Begins, or begins anew: what the kernel has is taken over then. */
export function begin({ tick = 1, idleAfter = 7_200, memory = null }: Beginning = {}): void {
  for (const list of Object.values(told)) list.length = 0;
  const services = [...loaded.config.services].map(([name, each]) => [name, { ...each, idleAfter }] as const);
  const metering = { tick, idleBytes: 1_000, dayStarts: 0 };
  const config = { ...loaded.config, metering, services: new Map(services) };
  const note = (...said: unknown[]): unknown => told.warnings.push(String(said.at(-1)));
  const guard = new Guard(native, config);
  const sessions = new Sessions(
    {
      put: (elements) => messages.replaceElements(table, elements),
      remove: (elements) => messages.removeElements(table, elements),
    },
    64,
  );
  const life = new SessionLife({
    sessions,
    guard,
    inForce: () => ({ ...loaded, config }),
    isGuarding: () => true,
    mayBeOutside: () => false,
    neighbours: () => neighbourTable(native.listNeighbours()),
    ask: async (flow) => {
      told.asked.push(flow);
      await sleep(1);
      if (word === null) throw new Error('nobody answers');
      return word;
    },
    charge: async (request) => {
      told.charges.push(request);
      return { balances: [] };
    },
    memory: memory === null ? null : new SessionFile(memory),
    publish: async (type, data) => told.events.push({ type, at: Date.now(), data }) > 0,
    onStarted: () => undefined,
    onEnded: () => undefined,
    log: { info: () => undefined, warn: note, error: console.error } as unknown as Logger,
    clock: systemClock,
  });
  life.begin(native, guard.hasFormerLife);
  guard.apply(config, new Links().inside(config.lan));
  const sweep = setInterval(() => life.sweep(), 250);
  running = {
    life,
    sessions,
    stop: () => {
      clearInterval(sweep);
      return life.stop();
    },
  };
}

/** The process is busy with something else for so long, in milliseconds. */
export const block = (milliseconds: number): unknown =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
/** What each session was used for up to the last look. */
export const uses = (): readonly SessionUse[] =>
  sessions().flatMap((session) => running?.life.useOf(session) ?? []);
/** Time for a tick, if one is due. */
export const sweep = (): void => running?.life.sweep();
/** Somebody looks at all connections. */
export const count = (): void => running?.life.count();
export const review = (): void => running?.life.review();
export const stop = async (): Promise<void> => running?.stop();
export const sessions = (): readonly OpenSession[] => running?.sessions.list() ?? [];

/** Lets an address in for so many milliseconds. Returns the end. */
export function letIn(address: string, milliseconds: number, changes: Partial<OpenSession> = {}): number {
  const covers = parseNetwork(address);
  if (covers === null) throw new TypeError(address);
  const [now, since] = [systemClock.now(), Date.now()];
  const id = newSessionId(since);
  const session = aSession({ id, covers, since, until: now + milliseconds, ...changes });
  if (running?.sessions.open(session, now) === true) running.life.started(questionAbout(session), session);
  return since + milliseconds;
}
