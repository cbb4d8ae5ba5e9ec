// SPDX-License-Identifier: MIT
import { parseAddress } from '@nftoggle/config';
import type { Decision, Flow } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import type { Clock } from './clock.ts';
import { newSession, type Permission } from './session-new.ts';
import type { SessionTelling } from './session-telling.ts';
import type { Sessions } from './sessions.ts';

export interface CarryOnOptions {
  readonly sessions: Sessions;
  readonly permissionOf: (service: string, decision: Decision) => Permission;
  readonly telling: Pick<SessionTelling, 'started'>;
  readonly log: Logger;
  readonly clock: Clock;
}

/** A connection that is there already, and that policy allows, gets a session if its source has none. */
export function carryOn(
  flow: Flow,
  decision: Decision,
  { sessions, permissionOf, telling, log, clock }: CarryOnOptions,
): void {
  const address = parseAddress(flow.source.address);
  const permission = permissionOf(flow.service, decision);
  const now = clock.now();
  if (address === null || permission.until <= now) return;
  if (sessions.find(flow.service, address, flow.interface, now) !== undefined) return;
  const session = newSession(flow, address, permission, sessions.ipv6Prefix, clock);
  // The same link-local address on another link is somebody else.
  if (session.link === '') return;
  try {
    if (!sessions.open(session, now)) return;
  } catch (err) {
    log.error({ err, service: flow.service }, 'the kernel did not take a session');
    return;
  }
  telling.started(flow, session);
}
