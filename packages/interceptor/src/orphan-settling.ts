// SPDX-License-Identifier: MIT
// What becomes of the connections of a service that is gone, or guards their port no more.
import { type Network, parseAddress } from '@nftoggle/config';
import type { Decision, Flow } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import type { Guard } from './guard.ts';
import { lookUp, type NeighbourTable } from './neighbours.ts';
import { reviewOrphans } from './orphan-review.ts';
import type { Orphan } from './orphans.ts';
import type { SessionEnding } from './session-ending.ts';
import type { OpenSession, Sessions } from './sessions.ts';

export interface OrphanSettlingOptions {
  readonly sessions: Sessions;
  readonly guard: Pick<Guard, 'indexes' | 'connections' | 'orphans'>;
  readonly ending: Pick<SessionEnding, 'cutFlows'>;
  readonly neighbours: () => NeighbourTable;
  readonly mayBeOutside: (address: Network) => boolean;
  readonly carryOn: (flow: Flow, decision: Decision) => void;
  readonly log: Logger;
}

export class OrphanSettling {
  readonly #options: OrphanSettlingOptions;
  /** Sessions of services that are gone, for as long as connections of them may be left. */
  #departed: OpenSession[] = [];

  constructor(options: OrphanSettlingOptions) {
    this.#options = options;
  }

  addDeparted(session: OpenSession): void {
    this.#departed.push(session);
  }

  /** True when there was none. */
  async settle(
    ask: (flow: Flow) => Promise<Decision | undefined>,
    isCurrent: () => boolean,
  ): Promise<boolean> {
    const { sessions, guard, neighbours, mayBeOutside } = this.#options;
    const orphans = guard.orphans();
    if (orphans.length === 0) this.#departed = [];
    await reviewOrphans(orphans, {
      ask,
      isCurrent,
      neighbourOf: lookUp(neighbours),
      mayBeOutside,
      sessions: [...this.#departed, ...sessions.list()],
      release: ({ flow }) => guard.connections.assign(flow, null),
      adopt: (orphan, flow, decision) => this.#adopt(orphan, flow, decision),
      end: (orphan) => this.#end(orphan),
    });
    return orphans.length === 0;
  }

  /** The connection goes on under its new service, and its source has a session of that. */
  #adopt({ flow: connection }: Orphan, flow: Flow, decision: Decision): void {
    const { guard, carryOn } = this.#options;
    const index = guard.indexes.get(flow.service);
    if (index !== undefined && guard.connections.assign(connection, index)) carryOn(flow, decision);
  }

  #end({ flow, asked, guardians }: Orphan): void {
    const { guard, ending, log } = this.#options;
    const peer = parseAddress(asked.source);
    if (peer === null) guard.connections.remove(flow);
    else ending.cutFlows([{ flow, peer }]);
    const services = guardians.map(({ name }) => name);
    log.info({ source: asked.source, services }, 'a connection of a service before was cut');
  }
}
