// SPDX-License-Identifier: MIT
// Ends sessions in the kernel, in the books and in the events, in this order.
import { familyBits, formatNetwork, type Network } from '@nftoggle/config';
import type { SessionUse } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import type { Clock } from './clock.ts';
import type { Guard } from './guard.ts';
import type { KeptConnections } from './kept-connections.ts';
import type { ConntrackFlow } from './native.ts';
import type { EndReason, SessionEnd } from './session-end.ts';
import { flowsBySession, isLive, type SessionFlow } from './session-flows.ts';
import type { SessionTelling } from './session-telling.ts';
import type { OpenSession, Sessions } from './sessions.ts';

export interface SessionEndingOptions {
  readonly sessions: Sessions;
  readonly guard: Pick<Guard, 'letIn' | 'serviceOf' | 'connections'>;
  readonly kept: KeptConnections;
  /** Up to now; what the kernel told of connections that were cut a moment ago is in it after `hear`. */
  readonly useOf: (session: OpenSession) => SessionUse;
  readonly hear: () => void;
  /** Sessions have ended, and connections of theirs may be left. */
  readonly onEnd: () => void;
  readonly telling: Pick<SessionTelling, 'ended'>;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Ended sessions that are remembered. */
const maxLately = 1_024;

export class SessionEnding {
  readonly #options: SessionEndingOptions;
  #lately: OpenSession[] = [];

  constructor(options: SessionEndingOptions) {
    this.#options = options;
  }

  /**
   * Ends those that were not replaced by a newer answer meanwhile. The books come last: when the kernel
   * fails, all of it can be done again.
   */
  end(ends: readonly SessionEnd[]): void {
    const { sessions, guard, hear } = this.#options;
    const current = ends.filter(({ session }) => sessions.isCurrent(session));
    if (current.length === 0) return;
    sessions.withdraw(current.map(({ session }) => session));
    const flows = guard.letIn();
    const own = flowsBySession(
      current.map(({ session }) => session),
      flows,
      (mark) => guard.serviceOf(mark),
    );
    this.#cut(current, own);
    this.#keep(current, own);
    hear();
    for (const end of current) this.#close(end, own.get(end.session) ?? []);
    this.#tell(current);
  }

  /** Those that ended last, the newest last: what is known of their sources. */
  get lately(): readonly OpenSession[] {
    return this.#lately;
  }

  /** Ends sessions that have no connection. */
  endIdle(ends: readonly SessionEnd[]): void {
    const { sessions, log } = this.#options;
    const current = ends.filter(({ session }) => sessions.isCurrent(session));
    try {
      // Timeouts are rounded up, and the kernel counts them on a clock of its own.
      sessions.withdraw(current.map(({ session }) => session));
    } catch (err) {
      log.warn({ err }, 'sessions that are over may last in the kernel for a moment');
    }
    for (const end of current) this.#close(end, []);
  }

  /** For sessions whose sets are gone, or that have been dealt with otherwise. */
  endInBooks(session: OpenSession, reason: EndReason): void {
    this.#close({ session, reason, connections: 'keep' }, []);
  }

  /** Cuts connections, and keeps their peers from being spoken to first. */
  cutFlows(cut: readonly SessionFlow[], covers: readonly Network[] = []): void {
    this.#shutOut([...covers.filter(isAddress), ...cut.map(({ peer }) => peer)]);
    for (const { flow } of cut) this.#options.guard.connections.remove(flow);
  }

  /**
   * Connections that both sides closed, as far as conntrack saw. A reset that does not reach the other side looks
   * the same, and by the mark of its entry such a connection would go on for as long as it likes.
   */
  dropClosed(flows: readonly ConntrackFlow[]): void {
    for (const flow of flows) if (!isLive(flow)) this.#options.guard.connections.remove(flow);
  }

  #cut(ends: readonly SessionEnd[], own: ReadonlyMap<OpenSession, readonly SessionFlow[]>): void {
    const cut = ends.filter(({ connections }) => connections === 'cut').map(({ session }) => session);
    this.cutFlows(
      cut.flatMap((session) => own.get(session) ?? []),
      cut.map(({ covers }) => covers),
    );
  }

  #keep(ends: readonly SessionEnd[], own: ReadonlyMap<OpenSession, readonly SessionFlow[]>): void {
    for (const { session, reason, connections } of ends) {
      if (connections !== 'keep') continue;
      const flows = (own.get(session) ?? []).map(({ flow }) => flow);
      for (const flow of flows.filter(isLive))
        this.#options.kept.add(flow, session.service, reason === 'grant_ended');
      this.dropClosed(flows);
    }
  }

  #close({ session, reason, connections, ended }: SessionEnd, own: readonly SessionFlow[]): void {
    const { sessions, useOf, telling, onEnd, clock } = this.#options;
    const use = useOf(session);
    sessions.forget(session);
    this.#lately.push(session);
    if (this.#lately.length > 2 * maxLately) this.#lately = this.#lately.slice(-maxLately);
    onEnd();
    const cut = connections === 'cut' ? own.filter(({ flow }) => isLive(flow)).length : 0;
    telling.ended(session, reason, use, cut, ended ?? clock.now());
  }

  #tell(ended: readonly SessionEnd[]): void {
    const services = [...new Set(ended.map(({ session }) => session.service))];
    const reasons = [...new Set(ended.map(({ reason }) => reason))];
    this.#options.log.info({ services, reasons, sessions: ended.length }, 'sessions were ended');
  }

  /** Before connections are cut: what our side is sending right then must not reopen the way. */
  #shutOut(addresses: readonly Network[]): void {
    try {
      this.#options.sessions.shutOut(addresses);
    } catch (err) {
      const sources = addresses.map(formatNetwork);
      this.#options.log.warn(
        { err, sources },
        'a UDP server that goes on sending may reopen the way to them',
      );
    }
  }
}

function isAddress({ family, prefix }: Network): boolean {
  return prefix === familyBits[family];
}
