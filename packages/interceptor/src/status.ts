// SPDX-License-Identifier: MIT
import { formatPortRange, type Service } from '@nftoggle/config';
import type { DaemonStatus, InterceptorStatus, QueueStatus } from '@nftoggle/contracts';
import type { Guard } from './guard.ts';
import type { Interceptor } from './interceptor.ts';
import { kernelQueues } from './queue/native-queue.ts';
import type { Lane } from './queue/packet-queue.ts';
import { describeSession, type Sessions } from './sessions.ts';

export interface StatusSources {
  readonly daemon: DaemonStatus;
  readonly guardState: InterceptorStatus['guard'];
  readonly guard: Guard;
  readonly interceptor: Interceptor;
  readonly sessions: Sessions;
  readonly services: Iterable<Service>;
  /** Queue number of each lane. */
  readonly lanes: ReadonlyMap<number, Lane>;
}

export function interceptorStatus(sources: StatusSources): InterceptorStatus {
  const { daemon, guard, interceptor, sessions } = sources;
  return {
    ...daemon,
    daemon: 'interceptor',
    guard: sources.guardState,
    queueMechanism: guard.mechanism,
    queues: queueStatus(sources.lanes),
    held: interceptor.questions.held,
    heldLimit: interceptor.questions.limit,
    services: [...sources.services].map((service) => ({
      name: service.name,
      ports: service.ports.map(formatPortRange),
      guards: describeGuarded(service),
      sessions: sessions.count(service.name),
    })),
    sessions: sessions.list().map(describeSession),
    counts: { ...interceptor.counts },
  };
}

function queueStatus(lanes: ReadonlyMap<number, Lane>): QueueStatus[] {
  return kernelQueues().flatMap(({ portId: _, ...counters }) => {
    const lane = lanes.get(counters.number);
    return lane === undefined ? [] : [{ ...counters, lane }];
  });
}

function describeGuarded(service: Service): string {
  if (service.direction === 'out') return 'LAN to Internet';
  return service.to.length === 0 ? 'this box' : service.to.join(', ');
}
