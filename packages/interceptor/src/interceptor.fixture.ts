// SPDX-License-Identifier: MIT
import type { Decision, EventData, EventType, Flow } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { aConfig } from '@nftoggle/testkit';
import { FakeCounts } from './counts.fixture.ts';
import { Interceptor } from './interceptor.ts';
import { Links } from './links.ts';
import { Marks } from './marks.ts';
import { aPacket } from './packet.fixture.ts';
import type { FlowPacket } from './questions.ts';
import { FakeQueue } from './queue/fake-queue.ts';
import { FakeSets } from './session.fixture.ts';
import { sessionStarted } from './session-new.ts';
import { Sessions } from './sessions.ts';

export const start = Date.parse('2026-01-05T12:00:00Z');
export const config = `
version: 1
limits: { held: 4 }
services:
  ssh: { ports: [22/tcp], open_for: 1h, allow: [any] }
  game: { ports: [25565/tcp, 19132/udp], open_for: 1h, fallback: allow, allow: [any] }
`;
export const services = ['ssh', 'game'];
export const marks = new Marks(0xfff0_0000);

/** An interceptor whose policy answers by hand, one question at a time. */
export function setUpInterceptor(yamlText = config) {
  let [now, ahead] = [start, 0];
  const sets = new FakeSets();
  const sessions = new Sessions(sets, 64);
  const asked: Flow[] = [];
  const answers: PromiseWithResolvers<Decision>[] = [];
  const events: { type: EventType; data: EventData<EventType> }[] = [];
  const warnings: string[] = [];
  const took: number[] = [];
  const kernel = new FakeCounts();
  const log = {
    debug: () => undefined,
    warn: (_: unknown, message: string) => warnings.push(message),
    error: (_: unknown, message: string) => warnings.push(message),
  } as unknown as Logger;
  const loaded = aConfig(yamlText);
  const clock = { now: () => now, wall: () => now + ahead };
  const interceptor = new Interceptor({
    guard: { marks, serviceOf: (mark) => services[marks.indexOf(mark) - 1], takeCounts: () => kernel.take() },
    sessions,
    links: new Links(),
    config: () => loaded,
    decide: (flow) => {
      asked.push(flow);
      const answer = Promise.withResolvers<Decision>();
      answers.push(answer);
      return answer.promise;
    },
    waking: { isReady: () => true, wait: () => Promise.reject(new Error('nothing wakes here')) },
    inFlight: () => kernel.inFlight,
    onAnswered: (seconds) => took.push(seconds),
    onStarted: (flow, session) =>
      events.push({ type: 'session_started', data: sessionStarted(flow, session, clock) }),
    publish: (type, data) => events.push({ type, data }),
    log,
    clock,
  });
  const queue = new FakeQueue('known', interceptor, () => now);
  const strangers = new FakeQueue('strangers', interceptor, () => now);
  /** Answers the oldest open question, and lets everything that follows from it happen. */
  const answer = async (given: Decision | Error): Promise<void> => {
    const waiting = answers.shift();
    if (waiting === undefined) throw new TypeError('nothing was asked');
    if (given instanceof Error) waiting.reject(given);
    else waiting.resolve(given);
    await new Promise(setImmediate);
  };
  const pass = (milliseconds: number): void => {
    now += milliseconds;
  };
  const setWall = (time: number): void => {
    ahead = time - now;
  };
  const arrive = (...packets: Partial<FlowPacket>[]): void => queue.arrive(...packets.map(aPacket));
  /** Events of a type, and what they say. */
  const told = <T extends EventType>(type: T): EventData<T>[] =>
    events.filter((event) => event.type === type).map(({ data }) => data as EventData<T>);
  const queues = { queue, strangers };
  const heard = { asked, events, told, warnings, took };
  return { interceptor, ...queues, kernel, sets, sessions, ...heard, answer, pass, setWall, arrive };
}
