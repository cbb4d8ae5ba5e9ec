// SPDX-License-Identifier: MIT
// Connections that pass by the mark of a service and belong to no session: of one that ended while no
// interceptor ran, or that nobody answered about. Each of them is asked about like a session.
import { type Network, parseAddress } from '@nftoggle/config';
import type { Flow } from '@nftoggle/contracts';
import type { Guardians } from './guarded-ports.ts';
import type { KeptConnections } from './kept-connections.ts';
import type { ConntrackFlow } from './native.ts';
import type { Neighbour } from './neighbours.ts';
import { isLive, type SessionFlow, SessionIndex } from './session-flows.ts';
import type { OpenSession } from './sessions.ts';

/** One source's connections to one service. */
export interface Stray {
  readonly flow: Flow;
  readonly connections: readonly SessionFlow[];
}

export interface StraySearch {
  readonly sessions: readonly OpenSession[];
  /** Sessions that ended lately: they tell hardware address, interface and side of their source. */
  readonly ended: readonly OpenSession[];
  readonly kept: KeptConnections;
  readonly serviceOf: (mark: number) => string | undefined;
  readonly guardiansOf: (flow: ConntrackFlow) => Guardians;
  /** Whom the kernel knows on a link of ours by that address. */
  readonly neighbourOf: (address: Network) => Neighbour | undefined;
  /** Where the interface is not known: may the source be on the provider's side? */
  readonly mayBeOutside: (address: Network) => boolean;
}

/** `flows`: connections that a service let in. One whose service guards its port no more is an orphan instead. */
export function findStrays(flows: readonly ConntrackFlow[], search: StraySearch): Stray[] {
  const { sessions, ended, kept, serviceOf, guardiansOf } = search;
  const owned = new SessionIndex(sessions, serviceOf);
  const known = new SessionIndex(ended, serviceOf);
  const strays = new Map<string, { flow: Flow; connections: SessionFlow[] }>();
  for (const flow of flows) {
    if (!isLive(flow) || kept.has(flow) || owned.find(flow) !== undefined) continue;
    const { asked, services } = guardiansOf(flow);
    const service = serviceOf(flow.mark);
    const peer = parseAddress(asked.source);
    if (service === undefined || peer === null || !services.some(({ name }) => name === service)) continue;
    const key = `${service} ${asked.source}`;
    const stray = strays.get(key) ?? {
      flow: questionAbout(service, flow, asked, sourceOf(peer, known.find(flow)?.sessions.at(-1), search)),
      connections: [],
    };
    stray.connections.push({ flow, peer });
    strays.set(key, stray);
  }
  return [...strays.values()];
}

interface Origin {
  readonly source: Omit<Flow['source'], 'address'>;
  readonly interface: string;
}

/** Neither conntrack nor a mark tells who it is: the session it had does, or else the kernel's table of neighbours. */
function sourceOf(
  peer: Network,
  known: OpenSession | undefined,
  { neighbourOf, mayBeOutside }: Pick<StraySearch, 'neighbourOf' | 'mayBeOutside'>,
): Origin {
  const near = known === undefined ? neighbourOf(peer) : undefined;
  const mac = known === undefined ? near?.mac : (known.mac ?? undefined);
  const isOutside = known?.outside ?? mayBeOutside(peer);
  return {
    source: { ...(mac === undefined ? {} : { mac }), ...(isOutside ? { outside: true } : {}) },
    interface: known?.link ?? known?.interface ?? near?.interface ?? '',
  };
}

function questionAbout(
  service: string,
  { protocol }: ConntrackFlow,
  { source: address, sourcePort, destination, destinationPort }: Guardians['asked'],
  origin: Origin,
): Flow {
  return {
    service,
    protocol,
    source: { address, ...origin.source },
    sourcePort,
    destination,
    destinationPort,
    interface: origin.interface,
  };
}

/** Closed connections that belong to no session, and are not to be kept either. */
export function findClosed(
  flows: readonly ConntrackFlow[],
  { sessions, kept, serviceOf }: Pick<StraySearch, 'sessions' | 'kept' | 'serviceOf'>,
): ConntrackFlow[] {
  const closed = flows.filter((flow) => !isLive(flow) && !kept.has(flow));
  if (closed.length === 0) return [];
  const owned = new SessionIndex(sessions, serviceOf);
  return closed.filter((flow) => owned.find(flow) === undefined);
}
