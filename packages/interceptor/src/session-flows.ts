// SPDX-License-Identifier: MIT
// Which connections belong to which session.
import { familyBits, type Network, parseAddress, widen } from '@nftoggle/config';
import type { ConntrackFlow } from './native.ts';
import type { OpenSession } from './sessions.ts';

/** A connection of a session, and the address within the session that has it. */
export interface SessionFlow {
  readonly flow: ConntrackFlow;
  readonly peer: Network;
}

type Claim = Pick<OpenSession, 'service' | 'covers'>;
type ServiceOf = (mark: number) => string | undefined;

/** Finds the sessions of a connection, of which there may be two: of its address, and of its prefix. */
export class SessionIndex<S extends Claim> {
  readonly #claims = new Map<string, S[]>();
  readonly #widths: readonly number[];
  readonly #serviceOf: ServiceOf;

  constructor(sessions: readonly S[], serviceOf: ServiceOf) {
    this.#serviceOf = serviceOf;
    for (const session of sessions) {
      const key = claimKey(session.service, session.covers);
      this.#claims.set(key, [...(this.#claims.get(key) ?? []), session]);
    }
    this.#widths = [...new Set(sessions.map(({ covers }) => covers.prefix))];
  }

  find(flow: ConntrackFlow): { readonly sessions: readonly S[]; readonly peer: Network } | undefined {
    const service = this.#serviceOf(flow.mark);
    if (service === undefined) return undefined;
    // Where conntrack found the connection half-way, the server may stand there as the one who opened it.
    for (const end of [flow.original.source, flow.original.destination]) {
      const peer = parseAddress(end);
      const sessions = peer === null ? [] : this.#claimants(service, peer);
      if (peer !== null && sessions.length > 0) return { sessions, peer };
    }
    return undefined;
  }

  #claimants(service: string, peer: Network): S[] {
    return this.#widths
      .filter((width) => width <= familyBits[peer.family])
      .flatMap((width) => this.#claims.get(claimKey(service, widen(peer, width))) ?? []);
  }
}

/**
 * The connections of some sessions among all that were let in: to look at conntrack takes as long for one
 * session as for all of them. Sessions without any are not in the result.
 */
export function flowsBySession<S extends Claim>(
  sessions: readonly S[],
  flows: readonly ConntrackFlow[],
  serviceOf: ServiceOf,
): Map<S, SessionFlow[]> {
  const index = new SessionIndex(sessions, serviceOf);
  const found = new Map<S, SessionFlow[]>();
  for (const flow of flows) {
    const { sessions: owners, peer } = index.find(flow) ?? { sessions: [], peer: null };
    if (peer === null) continue;
    for (const owner of owners) {
      const own = found.get(owner);
      if (own === undefined) found.set(owner, [{ flow, peer }]);
      else own.push({ flow, peer });
    }
  }
  return found;
}

/** Every connection of any of the sessions, once. */
export function flowsOfSessions(
  sessions: readonly Claim[],
  flows: readonly ConntrackFlow[],
  serviceOf: ServiceOf,
): SessionFlow[] {
  const index = new SessionIndex(sessions, serviceOf);
  return flows.flatMap((flow) => {
    const owned = index.find(flow);
    return owned === undefined ? [] : [{ flow, peer: owned.peer }];
  });
}

/** Conntrack remembers a TCP connection for a while after both sides closed it. */
export function isLive({ closed }: ConntrackFlow): boolean {
  return closed !== true;
}

/** Tells a connection from all others, later ones with the same addresses and ports among them. */
export function flowKey({ protocol, original, id }: ConntrackFlow): string {
  const { source, sourcePort, destination, destinationPort } = original;
  return `${protocol} ${source} ${sourcePort} ${destination} ${destinationPort} ${id ?? ''}`;
}

function claimKey(service: string, { family, base, prefix }: Network): string {
  return `${service} ${family} ${base}/${prefix}`;
}
