// SPDX-License-Identifier: MIT
import type { Config, Network } from '@nftoggle/config';
import type { AtEnd, Decision, Flow } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import type { Guard } from './guard.ts';
import { findGuardians } from './guarded-ports.ts';
import type { KeptConnections } from './kept-connections.ts';
import type { ConntrackFlow } from './native.ts';
import { lookUp, type NeighbourTable } from './neighbours.ts';
import { endOfStray } from './session-end.ts';
import type { SessionEnding } from './session-ending.ts';
import { SessionIndex } from './session-flows.ts';
import type { Sessions } from './sessions.ts';
import { findClosed, findStrays, type Stray, type StraySearch } from './strays.ts';

export interface StrayReviewOptions {
  readonly sessions: Sessions;
  readonly guard: Pick<Guard, 'serviceOf'>;
  readonly kept: KeptConnections;
  readonly ending: Pick<SessionEnding, 'cutFlows' | 'dropClosed' | 'lately'>;
  readonly config: () => Config;
  readonly neighbours: () => NeighbourTable;
  readonly carryOn: (flow: Flow, decision: Decision) => void;
  /** May a source whose interface is not known be on the provider's side? */
  readonly mayBeOutside: (address: Network) => boolean;
  readonly log: Logger;
}

interface Answer extends Stray {
  readonly decision: Decision | undefined;
}
type Ask = (flow: Flow) => Promise<Decision | undefined>;

/** Questions that are on their way at once. */
const batch = 64;

export class StrayReview {
  readonly #options: StrayReviewOptions;
  #isExpected = true;

  constructor(options: StrayReviewOptions) {
    this.#options = options;
  }

  /** False while there can be none, so that nobody needs to look. */
  get isExpected(): boolean {
    return this.#isExpected;
  }

  /** Sessions ended, or are about to, and left connections behind perhaps. */
  expect(): void {
    this.#isExpected = true;
  }

  /**
   * Looks at the connections that a service let in, and asks about those that belong to nobody. One that
   * nobody answers about is left for the next time.
   * @param services those to look at; null for all
   */
  async look(
    flows: readonly ConntrackFlow[],
    services: ReadonlySet<string> | null,
    ask: Ask,
    isCurrent: () => boolean,
  ): Promise<void> {
    const { kept, ending } = this.#options;
    kept.retain(flows);
    const search = this.#search();
    ending.dropClosed(findClosed(flows, search));
    const strays = findStrays(flows, search).filter(
      ({ flow }) => services === null || services.has(flow.service),
    );
    if (services === null) this.#isExpected = strays.length > 0;
    for (let at = 0; at < strays.length; at += batch) {
      const answers = await Promise.all(
        strays.slice(at, at + batch).map(async (stray) => ({ ...stray, decision: await ask(stray.flow) })),
      );
      if (!isCurrent()) return;
      this.#act(answers);
      if (answers.every(({ decision }) => decision === undefined)) return;
    }
  }

  #search(): StraySearch {
    const { sessions, guard, kept, ending, config, neighbours, mayBeOutside } = this.#options;
    return {
      sessions: sessions.list(),
      ended: ending.lately,
      kept,
      serviceOf: (mark) => guard.serviceOf(mark),
      guardiansOf: findGuardians(config()),
      neighbourOf: lookUp(neighbours),
      mayBeOutside,
    };
  }

  #act(answers: readonly Answer[]): void {
    const { sessions, guard, carryOn } = this.#options;
    // Sources that came back meanwhile got an answer of their own.
    const owned = new SessionIndex(sessions.list(), (mark) => guard.serviceOf(mark));
    for (const { flow, connections, decision } of answers) {
      const left = connections.filter((connection) => owned.find(connection.flow) === undefined);
      if (decision?.decision === 'allow') carryOn(flow, decision);
      else if (decision !== undefined && left.length > 0) this.#end(flow, left, decision);
    }
  }

  #end({ service, source }: Flow, connections: Stray['connections'], decision: Decision): void {
    const { kept, ending, log } = this.#options;
    const endOf = ({ flow }: Stray['connections'][number]): AtEnd =>
      endOfStray(decision, kept.isPastGrant(flow));
    const cut = connections.filter((connection) => endOf(connection) === 'cut');
    const left = connections.filter((connection) => endOf(connection) === 'keep');
    ending.cutFlows(cut);
    for (const { flow } of left) kept.add(flow, service, kept.isPastGrant(flow));
    log.info(
      { service, source: source.address, reason: decision.reason, cut: cut.length, kept: left.length },
      'connections without a session',
    );
  }
}
