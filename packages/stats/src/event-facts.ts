// SPDX-License-Identifier: MIT
// What an event says that is looked for or added up. Pure.
import type { CloudEvent, EventData, EventType, SessionUse, Who } from '@nftoggle/contracts';
import { type Sums, zero } from './sums.ts';

/** What an event is looked for by. */
export interface EventKeys {
  readonly service: string | null;
  readonly person: string | null;
  readonly device: string | null;
  readonly address: string | null;
}

/** Something that is added up. */
export interface Tally {
  /** Milliseconds of the epoch. */
  readonly at: number;
  readonly service: string;
  readonly who: Who;
  /** Null where it is of no one source. */
  readonly address: string | null;
  readonly sums: Sums;
}

/** A session as far as one event tells of it. */
export interface SessionFacts {
  readonly id: string;
  readonly service: string;
  readonly address: string;
  readonly mac: string | null;
  readonly who: Who;
  readonly rule: string | null;
  /** Milliseconds of the epoch. */
  readonly since: number;
}

export interface SessionEnd {
  /** Milliseconds of the epoch. */
  readonly at: number;
  readonly reason: string;
  readonly use: SessionUse;
}

const nobody: Who = { device: null, person: null, country: null };

export function isOf<T extends EventType>(event: CloudEvent, type: T): event is CloudEvent<T> {
  return event.type === type;
}

export function keysOf(event: CloudEvent): EventKeys {
  const data = event.data as {
    readonly service?: string;
    readonly grant?: { readonly service: string };
    readonly who?: Who | string;
    readonly source?: { readonly address: string };
  };
  const who = typeof data.who === 'object' ? data.who : nobody;
  return {
    service: data.service ?? data.grant?.service ?? null,
    person: who.person,
    device: who.device,
    address: data.source?.address ?? null,
  };
}

export function startOf({ data, time }: CloudEvent<'session_started'>): SessionFacts {
  return { ...factsOf(data), since: Date.parse(time) };
}

export function endOf({ data }: CloudEvent<'session_ended'>): SessionFacts & { readonly end: SessionEnd } {
  const { reason, use } = data;
  return {
    ...factsOf(data),
    since: Date.parse(data.since),
    end: { at: Date.parse(data.ended), reason, use },
  };
}

export function sessionTally({ service, who, address, since }: SessionFacts): Tally {
  return { at: since, service, who, address, sums: { ...zero, sessions: 1 } };
}

export function useTally({ service, who, address }: SessionFacts, { at, use }: SessionEnd): Tally {
  const sums = {
    ...zero,
    active_ms: Math.round(use.active * 1_000),
    connections: use.connections,
    bytes_in: use.from_source?.bytes ?? 0,
    bytes_out: use.to_source?.bytes ?? 0,
  };
  return { at, service, who, address, sums };
}

export function denialTally({ data }: CloudEvent<'access_denied'>): Tally {
  const { service, who, source, count, last } = data;
  return { at: Date.parse(last), service, who, address: source.address, sums: { ...zero, denied: count } };
}

/** Of services, and of those sources that are told of, which are among them. */
export function countedTallies({ data }: CloudEvent<'denials_counted'>): {
  readonly services: readonly Tally[];
  readonly sources: readonly Tally[];
} {
  const at = Date.parse(data.last);
  return {
    services: data.services.map(({ service, refused, unasked }) => {
      return { at, service, who: nobody, address: null, sums: { ...zero, denied: refused, unasked } };
    }),
    sources: data.most.map(({ address, service, count }) => {
      return { at, service, who: nobody, address, sums: { ...zero, denied: count } };
    }),
  };
}

function factsOf(
  data: EventData<'session_started'> | EventData<'session_ended'>,
): Omit<SessionFacts, 'since'> {
  const { session, service, source, who, rule } = data;
  return { id: session, service, address: source.address, mac: source.mac ?? null, who, rule };
}
