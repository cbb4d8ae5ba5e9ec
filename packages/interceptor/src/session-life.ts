// SPDX-License-Identifier: MIT
// What happens to sessions after they were opened: taken over, looked at again, ended.
import { setTimeout as sleep } from 'node:timers/promises';
import { familyBits, formatNetwork, type Loaded, type Network, parseAddress } from '@nftoggle/config';
import type { Decision, EventData, EventType, Flow } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { Guard } from './guard.ts';
import type { Native } from './native.ts';
import { reviewOrphans } from './orphan-review.ts';
import type { Orphan } from './orphans.ts';
import { PolicyWord } from './policy-word.ts';
import { listKernelSessions } from './session-adopt.ts';
import { flowsOfSessions } from './session-flows.ts';
import { endOf, newSession, sessionStarted } from './session-new.ts';
import { reviewSessions } from './session-review.ts';
import { formatCovers, type OpenSession, type Sessions } from './sessions.ts';

export interface SessionLifeOptions {
  readonly sessions: Sessions;
  readonly guard: Pick<Guard, 'table' | 'indexes' | 'serviceOf' | 'connections' | 'letIn' | 'orphans'>;
  /** What the kernel guards. */
  readonly inForce: () => Loaded;
  readonly ask: (flow: Flow) => Promise<Decision>;
  readonly publish: <T extends EventType>(type: T, data: EventData<T>, service: string) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

type EndReason = EventData<'session_ended'>['reason'];

/** Long enough for policy to have read a configuration that we have read, in milliseconds. */
const reviewDelay = 500;

export class SessionLife {
  readonly #options: SessionLifeOptions;
  #reviewDue: NodeJS.Timeout | undefined;
  #isReviewing = false;
  #isWanted = false;
  #isStopped = false;
  readonly #retry = new Backoff();
  /** Sessions of services that are gone, for as long as connections of them may be left. */
  #departed: OpenSession[] = [];

  constructor(options: SessionLifeOptions) {
    this.#options = options;
  }

  /** Takes over what the kernel kept while nobody was there: to be read before the table is changed. */
  adopt(native: Native): void {
    const { guard, sessions, clock, log } = this.#options;
    const nft = new native.Nftables();
    for (const service of guard.table.sessionServices()) {
      for (const session of listKernelSessions(nft, service, sessions.ipv6Prefix, clock))
        sessions.adopt(session);
    }
    log.info({ sessions: sessions.list().length }, 'took over the table that was there');
  }

  /** Ends the sessions of services that are gone; the kernel has dropped them with their sets. */
  endDeparted(): void {
    const { sessions, inForce } = this.#options;
    const { services } = inForce().config;
    for (const session of sessions.list().filter(({ service }) => !services.has(service))) {
      sessions.forget(session);
      this.#departed.push(session);
      this.#publishEnded(session, 'revoked');
    }
  }

  /**
   * A configuration is in force: whatever it would refuse is ended, established connections included. One
   * review runs at a time; what is asked for meanwhile is done after it.
   */
  review(): void {
    this.#isWanted = true;
    if (!this.#isReviewing) void this.#reviewWhileWanted();
  }

  /** The same a little later, once however often it is asked for. */
  reviewSoon(): void {
    if (this.#isStopped) return;
    this.#reviewDue ??= setTimeout(() => {
      this.#reviewDue = undefined;
      this.review();
    }, reviewDelay);
  }

  async #reviewWhileWanted(): Promise<void> {
    this.#isReviewing = true;
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false;
      try {
        if (!(await this.#reviewOnce())) this.reviewSoon();
        this.#retry.reset();
      } catch (err) {
        this.#options.log.error({ err }, 'the sessions could not be looked at again: trying once more');
        this.#retry.again(() => this.review());
      }
    }
    this.#isReviewing = false;
  }

  /** False when something is left to be looked at. */
  async #reviewOnce(): Promise<boolean> {
    const { sessions, guard, inForce, ask: decide, clock } = this.#options;
    const { revision } = inForce();
    const isCurrent = (): boolean => inForce().revision === revision && !this.#isStopped;
    const word = new PolicyWord({ decide, revision: () => revision, now: clock.now, wait: sleep });
    const ask = (flow: Flow): Promise<Decision | undefined> => word.ask(flow);
    const orphans = guard.orphans();
    if (orphans.length === 0) this.#departed = [];
    await reviewOrphans(orphans, {
      ask,
      isCurrent,
      sessions: [...this.#departed, ...sessions.list()],
      release: ({ flow }) => guard.connections.assign(flow, null),
      adopt: (orphan, flow, decision) => this.#adoptOrphan(orphan, flow, decision),
      end: (orphan) => this.#endOrphan(orphan),
    });
    await reviewSessions(sessions.list(), { ask, isCurrent, end: (refused) => this.#revoke(refused) });
    // Orphans that were dealt with are looked for once more: the ruleset before may have marked some since.
    return !word.isSilent && orphans.length === 0;
  }

  /** The connection goes on under its new service, and its source has a session of that. */
  #adoptOrphan({ flow: connection }: Orphan, flow: Flow, decision: Decision): void {
    const { sessions, guard, inForce, publish, clock, log } = this.#options;
    const index = guard.indexes.get(flow.service);
    if (index === undefined || !guard.connections.assign(connection, index)) return;
    const address = parseAddress(flow.source.address);
    const until = endOf(decision, inForce().config.services.get(flow.service)?.openFor ?? 0, clock);
    const now = clock.now();
    if (address === null || until <= now) return;
    if (sessions.find(flow.service, address, flow.interface, now) !== undefined) return;
    const session = newSession(flow, address, { ...decision, until }, sessions.ipv6Prefix, clock);
    try {
      sessions.open(session, now);
    } catch (err) {
      log.error({ err, service: flow.service }, 'the kernel did not take a session');
      return;
    }
    publish('session_started', sessionStarted(flow, session, decision.reason, clock), flow.service);
  }

  #endOrphan({ flow, asked, guardians }: Orphan): void {
    const address = parseAddress(asked.source);
    if (address !== null) this.#shutOut([address]);
    this.#options.guard.connections.remove(flow);
    const services = guardians.map(({ name }) => name);
    this.#options.log.info({ source: asked.source, services }, 'a connection of a service before was cut');
  }

  /** Tells of the sessions whose time is over. */
  expire(): void {
    const { sessions, clock, log } = this.#options;
    const expired = sessions.takeExpired(clock.now());
    for (const session of expired) this.#publishEnded(session, 'expired');
    try {
      // Timeouts are rounded up, and the kernel counts them on a clock of its own.
      sessions.withdraw(expired);
    } catch (err) {
      log.warn({ err }, 'sessions that are over may last in the kernel for a moment');
    }
  }

  /** The guard is gone, and the sessions' elements with it. */
  endAll(): void {
    for (const session of this.#options.sessions.list()) {
      this.#options.sessions.forget(session);
      this.#publishEnded(session, 'shutdown');
    }
  }

  /** Puts the sessions into sets that were lost; those for which there is no room any more are ended. */
  restore(): void {
    const { sessions, clock, log } = this.#options;
    const left = sessions.restore(clock.now());
    if (left.length === 0) return;
    log.warn({ sessions: left.length }, 'sessions that do not fit any more are ended');
    this.#revoke(left);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#reviewDue);
    this.#retry.reset();
  }

  /** The books come last: when the kernel fails, all of it can be done again. */
  #revoke(refused: readonly OpenSession[]): void {
    const { sessions, guard, log } = this.#options;
    // Some may have ended while policy was asked about them.
    const ended = refused.filter((session) => sessions.has(session));
    sessions.withdraw(ended);
    const cut = flowsOfSessions(ended, guard.letIn(), (mark) => guard.serviceOf(mark));
    this.#shutOut([...ended.map(({ covers }) => covers).filter(isAddress), ...cut.map(({ peer }) => peer)]);
    for (const { flow } of cut) guard.connections.remove(flow);
    const services = [...new Set(ended.map(({ service }) => service))];
    log.info({ services, sessions: ended.length, connections: cut.length }, 'sessions were revoked');
    for (const session of ended) {
      sessions.forget(session);
      this.#publishEnded(session, 'revoked');
    }
  }

  /** Before their connections are cut: what our side is sending right then must not reopen the way. */
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

  #publishEnded(session: OpenSession, reason: EndReason): void {
    const covers = formatCovers(session);
    const since = new Date(session.since).toISOString();
    this.#options.publish(
      'session_ended',
      { service: session.service, covers, reason, since },
      session.service,
    );
  }
}

function isAddress({ family, prefix }: Network): boolean {
  return prefix === familyBits[family];
}
