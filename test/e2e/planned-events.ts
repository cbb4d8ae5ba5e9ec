// SPDX-License-Identifier: MIT
// Events of an interceptor that has much to do, planned beforehand: who publishes them and who looks at what became
// of them make the same plan.
import { eventId } from '@nftoggle/bus';
import type { CloudEvent, EventData } from '@nftoggle/contracts';
import { hostileTexts } from './hostile-texts.ts';
import { Random } from './random.ts';

export type PlannedType = 'session_started' | 'session_ended' | 'access_denied';

export interface PlannedEvent {
  readonly id: string;
  readonly type: PlannedType;
  /** ISO 8601: the moment at which it is to be published. */
  readonly time: string;
  readonly service: string;
  /** A source and the service that it uses: events about the same ones are to keep their order. */
  readonly about: string;
  readonly data: EventData<PlannedType>;
}

export interface Plan {
  /** In bursts of a thousand, one in each millisecond. */
  readonly count: number;
  /** From the beginning of a burst to the beginning of the next one, in milliseconds. */
  readonly interval: number;
  /** Of the first event, in milliseconds since the epoch. */
  readonly start: number;
  /** The file that hostile texts would make. */
  readonly mark: string;
}

export const plannedServices = Array.from({ length: 10 }, (_, index) => `service-${index}`);
const sourcesOfEach = 120;

/** What is known of a source and its service while the plan is made. */
interface Affair {
  readonly service: string;
  readonly address: string;
  /** The session that is open. */
  session: EventData<'session_started'> | null;
  since: string;
}

export function planEvents({ count, interval, start, mark }: Plan): readonly PlannedEvent[] {
  const random = new Random(20_261_129);
  const texts = hostileTexts(mark);
  const affairs = plannedServices.flatMap((service) =>
    Array.from({ length: sourcesOfEach }, (_, index): Affair => {
      const address = index % 2 === 0 ? `198.18.0.${index}` : `2001:db8:18::${index.toString(16)}`;
      return { service, address, session: null, since: '' };
    }),
  );
  return Array.from({ length: count }, (_, index) => {
    const affair = random.oneOf(affairs);
    const at = start + Math.floor(index / 1_000) * interval + (index % 1_000);
    const time = new Date(at).toISOString();
    const { type, data } = next(affair, { index, time, random, texts });
    const { service, address } = affair;
    const id = eventId(at, `planned ${index}`);
    return { id, type, time, service, about: `${service} ${address}`, data };
  });
}

interface Step {
  readonly index: number;
  readonly time: string;
  readonly random: Random;
  readonly texts: readonly string[];
}

function next(affair: Affair, step: Step): Pick<PlannedEvent, 'type' | 'data'> {
  if (step.random.below(10) < 3) return { type: 'access_denied', data: denial(affair, step) };
  const { session } = affair;
  if (session !== null) {
    affair.session = null;
    return { type: 'session_ended', data: ending(session, affair.since, step) };
  }
  affair.session = beginning(affair, step);
  affair.since = step.time;
  return { type: 'session_started', data: affair.session };
}

function beginning({ service, address }: Affair, step: Step): EventData<'session_started'> {
  return {
    ...flow(service, address),
    session: `planned${step.index.toString(36).padStart(5, '0')}`,
    who: { device: null, person: null, country: step.random.oneOf(['DE', 'FR', null]) },
    covers: address,
    rule: step.random.oneOf(step.texts),
    reason: 'rule_allows',
    until: new Date(Date.parse(step.time) + 3_600_000).toISOString(),
    bound: 'session_time',
  };
}

function ending(
  { session, service, source, covers, who, rule }: EventData<'session_started'>,
  since: string,
  { time, random }: Step,
): EventData<'session_ended'> {
  const traffic = () => ({ packets: 1 + random.below(1_000), bytes: 40 + random.below(1_000_000) });
  return {
    ...{ session, service, source, covers, who, rule },
    reason: 'idle',
    since,
    ended: time,
    use: {
      connections: 1 + random.below(5),
      // In quarters, which add up exactly.
      active: random.below(400) / 4,
      from_source: traffic(),
      to_source: traffic(),
    },
    cut: 0,
  };
}

function denial({ service, address }: Affair, { time, random, texts }: Step): EventData<'access_denied'> {
  return {
    ...flow(service, address),
    who: { device: null, person: null, country: random.below(4) === 0 ? random.oneOf(texts) : null },
    reason: 'no_rule',
    rule: random.oneOf(texts),
    next_allowed: null,
    enforced: true,
    count: 1 + random.below(9),
    first: time,
    last: time,
  };
}

function flow(service: string, address: string) {
  const port = 7_400 + plannedServices.indexOf(service);
  return {
    service,
    source: { address },
    protocol: 'tcp' as const,
    destination: address.includes(':') ? '2001:db8:a::1' : '203.0.113.1',
    destinationPort: port,
  };
}

/** As it is on the bus. */
export function eventOf({ id, type, time, service, data }: PlannedEvent): CloudEvent {
  return {
    specversion: '1.0',
    id,
    source: '/nftoggle/box/interceptor',
    type,
    subject: service,
    time,
    datacontenttype: 'application/json',
    data,
  };
}
