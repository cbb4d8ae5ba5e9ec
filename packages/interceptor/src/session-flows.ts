// SPDX-License-Identifier: MIT
import { familyBits, formatNetwork, type Network, parseAddress, widen } from '@nftoggle/config';
import type { ConntrackFlow } from './native.ts';
import type { OpenSession } from './sessions.ts';

/** A connection of a session, and the address within the session that has it. */
export interface SessionFlow {
  readonly flow: ConntrackFlow;
  readonly peer: Network;
}

/**
 * The connections of some sessions among all that were let in: to look at conntrack takes as long for one
 * session as for all of them.
 */
export function flowsOfSessions(
  sessions: readonly Pick<OpenSession, 'service' | 'covers'>[],
  flows: readonly ConntrackFlow[],
  serviceOf: (mark: number) => string | undefined,
): SessionFlow[] {
  const claims = new Set(sessions.map(({ service, covers }) => key(service, covers)));
  const widths = new Set(sessions.map(({ covers }) => covers.prefix));
  const isClaimed = (service: string, peer: Network): boolean =>
    [...widths].some(
      (width) => width <= familyBits[peer.family] && claims.has(key(service, widen(peer, width))),
    );
  return flows.flatMap((flow) => {
    const service = serviceOf(flow.mark);
    if (service === undefined) return [];
    // Where conntrack found the connection half-way, the server may stand there as the one who opened it.
    const ends = [flow.original.source, flow.original.destination].map(parseAddress);
    const peer = ends.find((end) => end !== null && isClaimed(service, end));
    return peer == null ? [] : [{ flow, peer }];
  });
}

function key(service: string, network: Network): string {
  return `${service} ${formatNetwork(network)}`;
}
