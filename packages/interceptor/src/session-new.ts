// SPDX-License-Identifier: MIT
// A session as a permission makes it.
import { type Network, widen } from '@nftoggle/config';
import type { AccountId, AtEnd, Bound, Decision, EventData, Flow, Reason } from '@nftoggle/contracts';
import { type Clock, momentOf, shown } from './clock.ts';
import { formatCovers, linkOf, type OpenSession } from './sessions.ts';

export interface Permission {
  readonly reason: Reason;
  readonly rule: string | null;
  /** By the clock's `now`. */
  readonly until: number;
  readonly bound: Bound;
  readonly atEnd: AtEnd;
  readonly accounts: readonly AccountId[];
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
    prefix: decision.prefix,
  };
}

export function newSession(
  flow: Flow,
  address: Network,
  { until, bound, atEnd, accounts, rule, reason, prefix }: Permission,
  ipv6Prefix: number,
  clock: Clock,
): OpenSession {
  const link = linkOf(address, flow.interface);
  // There are sets for single addresses and for prefixes of the one configured width, and none wider.
  const widens = address.family === 6 && link === null && prefix === ipv6Prefix;
  return {
    service: flow.service,
    covers: widens ? widen(address, ipv6Prefix) : address,
    link,
    interface: flow.interface,
    mac: flow.source.mac ?? null,
    outside: flow.source.outside ?? false,
    since: clock.wall(),
    until,
    bound,
    atEnd,
    accounts,
    rule,
    reason,
  };
}

export function sessionStarted(
  flow: Flow,
  session: OpenSession,
  reason: Reason,
  clock: Clock,
): EventData<'session_started'> {
  return {
    ...facts(flow),
    covers: formatCovers(session),
    rule: session.rule,
    reason,
    until: shown(clock, session.until),
    bound: session.bound,
  };
}

/** What events say of a flow. */
export function facts(
  flow: Flow,
): Pick<Flow, 'service' | 'source' | 'protocol' | 'destination' | 'destinationPort'> {
  const { service, source, protocol, destination, destinationPort } = flow;
  return { service, source, protocol, destination, destinationPort };
}
