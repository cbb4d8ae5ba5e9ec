// SPDX-License-Identifier: MIT
// A session as a permission makes it.
import { type Network, widen } from '@nftoggle/config';
import type { Decision, EventData, Flow, Reason } from '@nftoggle/contracts';
import { type Clock, momentOf, shown } from './clock.ts';
import { formatCovers, linkOf, type OpenSession } from './sessions.ts';

export interface Permission {
  readonly reason: Reason;
  readonly rule: string | null;
  /** By the clock's `now`. */
  readonly until: number;
  readonly prefix: number;
}

/** No permission outlasts the session time of its service, in seconds. */
export function endOf(decision: Pick<Decision, 'until'>, openFor: number, clock: Clock): number {
  const longest = clock.now() + openFor * 1_000;
  return decision.until === null ? longest : Math.min(longest, momentOf(clock, decision.until));
}

export function newSession(
  flow: Flow,
  address: Network,
  { until, rule, reason, prefix }: Permission,
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
    mac: flow.source.mac ?? null,
    since: clock.wall(),
    until,
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
  };
}

/** What events say of a flow. */
export function facts(
  flow: Flow,
): Pick<Flow, 'service' | 'source' | 'protocol' | 'destination' | 'destinationPort'> {
  const { service, source, protocol, destination, destinationPort } = flow;
  return { service, source, protocol, destination, destinationPort };
}
