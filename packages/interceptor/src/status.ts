// SPDX-License-Identifier: MIT
import { formatPortRange, type Service } from '@nftoggle/config';
import type { DaemonStatus, InterceptorStatus, QueueStatus, SessionUse } from '@nftoggle/contracts';
import type { Clock } from './clock.ts';
import type { Guard } from './guard.ts';
import type { Interceptor } from './interceptor.ts';
import { kernelQueues } from './queue/native-queue.ts';
import type { Lane } from './queue/packet-queue.ts';
import { describeSession, type OpenSession, type Sessions } from './sessions.ts';

export interface StatusSources {
  readonly daemon: DaemonStatus;
  readonly guardState: InterceptorStatus['guard'];
  readonly guard: Guard;
  readonly interceptor: Interceptor;
  readonly sessions: Sessions;
  readonly useOf: (session: OpenSession) => SessionUse;
  readonly services: Iterable<Service>;
  /** Queue number of each lane. */
  readonly lanes: ReadonlyMap<number, Lane>;
  readonly metering: InterceptorStatus['metering'];
  readonly clock: Clock;
}

/** A message on the bus has room for somewhat more than a thousand sessions. */
const maxListed = 500;

export function interceptorStatus(sources: StatusSources): InterceptorStatus {
  const { daemon, guard, interceptor, clock } = sources;
  const sessions = sources.sessions.list();
  const counts = sources.sessions.counts();
  return {
    ...daemon,
    daemon: 'interceptor',
    guard: sources.guardState,
    queueMechanism: guard.mechanism,
    queues: queueStatus(sources.lanes),
    held: interceptor.questions.held,
    heldLimit: interceptor.questions.limit,
    waking: interceptor.questions.waking,
    wakingLimit: interceptor.questions.wakingLimit,
    services: [...sources.services].map((service) => ({
      name: service.name,
      ports: service.ports.map(formatPortRange),
      guards: describeGuarded(service),
      sessions: counts.get(service.name) ?? 0,
    })),
    sessions: newest(sessions).map((session) => describeSession(session, sources.useOf(session), clock)),
    sessionsTotal: sessions.length,
    metering: sources.metering,
    counts: { ...interceptor.counts, unasked: interceptor.unasked.total },
  };
}

function newest(sessions: readonly OpenSession[]): readonly OpenSession[] {
  return sessions.length <= maxListed
    ? sessions
    : sessions.toSorted((a, b) => b.since - a.since).slice(0, maxListed);
}

function queueStatus(lanes: ReadonlyMap<number, Lane>): QueueStatus[] {
  return kernelQueues().flatMap(({ portId: _, ...counters }) => {
    const lane = lanes.get(counters.number);
    return lane === undefined ? [] : [{ ...counters, lane }];
  });
}

function describeGuarded(service: Service): string {
  if (service.direction === 'out') return 'LAN to Internet';
  const isOwn = service.to.length === 0 || service.forward !== null;
  return [...(isOwn ? ['this box'] : []), ...service.to].join(', ');
}
