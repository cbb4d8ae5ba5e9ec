// SPDX-License-Identifier: MIT
// A session as a permission makes it.
import { type Network, widen } from '@nftoggle/config';
import type { AccountId, AtEnd, Bound, Decision, EventData, Flow, Who } from '@nftoggle/contracts';
import { Reason } from '@nftoggle/contracts';
import { type Clock, momentOf, shown } from './clock.ts';
import { newSessionId } from './session-id.ts';
import { formatCovers, linkOf } from './session-place.ts';
import type { OpenSession } from './sessions.ts';

export interface Permission {
  readonly reason: Reason;
  readonly rule: string | null;
  /** By the clock's `now`. */
  readonly until: number;
  readonly bound: Bound;
  readonly atEnd: AtEnd;
  readonly accounts: readonly AccountId[];
  readonly who: Who;
  readonly prefix: number;
}

/** No permission outlasts the session time of its service, `openFor` seconds. */
export function permissionOf(decision: Decision, openFor: number, clock: Clock): Permission {
  const longest = clock.now() + openFor * 1_000;
  const until = decision.until === null ? longest : momentOf(clock, decision.until);
  return {
    reason: decision.reason,
    rule: decision.rule,
    until: Math.min(until, longest),
    bound: until > longest ? 'session_time' : (decision.bound ?? 'session_time'),
    atEnd: decision.at_end,
    accounts: decision.accounts,
    who: decision.who,
    prefix: decision.prefix,
  };
}

export function newSession(
  flow: Flow,
  address: Network,
  { until, bound, atEnd, accounts, who, rule, reason, prefix }: Permission,
  ipv6Prefix: number,
  clock: Clock,
): OpenSession {
  const link = linkOf(address, flow.interface);
  const since = clock.wall();
  // There are sets for single addresses and for prefixes of the one configured width, and none wider.
  const widens = address.family === 6 && link === null && prefix === ipv6Prefix;
  return {
    id: newSessionId(since),
    service: flow.service,
    covers: widens ? widen(address, ipv6Prefix) : address,
    link,
    interface: flow.interface,
    address: flow.source.address,
    mac: flow.source.mac ?? null,
    outside: flow.source.outside ?? false,
    who,
    since,
    began: clock.now(),
    until,
    bound,
    atEnd,
    accounts,
    rule,
    reason,
  };
}

/** `flow`: the first of it. */
export function sessionStarted(
  flow: Pick<Flow, 'source' | 'protocol' | 'destination' | 'destinationPort'>,
  session: OpenSession,
  clock: Clock,
): EventData<'session_started'> {
  return {
    ...facts({ ...flow, service: session.service }),
    session: session.id,
    who: session.who,
    covers: formatCovers(session),
    rule: session.rule,
    reason: Reason.safeParse(session.reason).data ?? 'rule_allows',
    until: shown(clock, session.until),
    bound: session.bound,
  };
}

type Facts = Pick<Flow, 'service' | 'source' | 'protocol' | 'destination' | 'destinationPort'>;

/** What events say of a flow. */
export function facts(flow: Facts): Facts {
  const { service, source, protocol, destination, destinationPort } = flow;
  return { service, source, protocol, destination, destinationPort };
}
