// SPDX-License-Identifier: MIT
// Connections that pass by the mark of a service and belong to no session: of one that ended while no
// interceptor ran, or that nobody answered about. Each of them is asked about like a session.
import { type Network, parseAddress } from '@nftoggle/config';
import type { Flow } from '@nftoggle/contracts';
import type { Guardians } from './guarded-ports.ts';
import type { KeptConnections } from './kept-connections.ts';
import type { ConntrackFlow } from './native.ts';
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
  /** Where the interface is not known: may the source be on the provider's side? */
  readonly mayBeOutside: (address: Network) => boolean;
}

/** `flows`: connections that a service let in. One whose service guards its port no more is an orphan instead. */
export function findStrays(flows: readonly ConntrackFlow[], search: StraySearch): Stray[] {
  const { sessions, ended, kept, serviceOf, guardiansOf, mayBeOutside } = search;
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
      flow: questionAbout(service, flow, asked, known.find(flow)?.sessions.at(-1), mayBeOutside(peer)),
      connections: [],
    };
    stray.connections.push({ flow, peer });
    strays.set(key, stray);
  }
  return [...strays.values()];
}

function questionAbout(
  service: string,
  { protocol }: ConntrackFlow,
  { source: address, sourcePort, destination, destinationPort }: Guardians['asked'],
  known: OpenSession | undefined,
  mayBeOutside: boolean,
): Flow {
  const isOutside = known?.outside ?? mayBeOutside;
  return {
    service,
    protocol,
    source: {
      address,
      ...(known?.mac == null ? {} : { mac: known.mac }),
      ...(isOutside ? { outside: true as const } : {}),
    },
    sourcePort,
    destination,
    destinationPort,
    interface: known?.link ?? known?.interface ?? '',
  };
}
