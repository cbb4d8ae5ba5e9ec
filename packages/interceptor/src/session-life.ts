// SPDX-License-Identifier: MIT
// What happens to sessions after they were opened: taken over, looked at again, ended.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Loaded } from '@nftoggle/config';
import type { Decision, EventData, EventType, Flow } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import type { Guard } from './guard.ts';
import type { Native } from './native.ts';
import { listKernelSessions } from './session-adopt.ts';
import { reviewSessions } from './session-review.ts';
import { formatCovers, type OpenSession, type Sessions } from './sessions.ts';

export interface SessionLifeOptions {
  readonly sessions: Sessions;
  readonly guard: Pick<Guard, 'table' | 'indexes' | 'connections'>;
  readonly loaded: () => Loaded;
  readonly ask: (flow: Flow) => Promise<Decision>;
  readonly publish: <T extends EventType>(type: T, data: EventData<T>, service: string) => void;
  readonly log: Logger;
}

type EndReason = EventData<'session_ended'>['reason'];

/** Long enough for policy to have read a configuration that we have read, in milliseconds. */
const reviewDelay = 500;

export class SessionLife {
  readonly #options: SessionLifeOptions;
  #reviewDue: NodeJS.Timeout | undefined;

  constructor(options: SessionLifeOptions) {
    this.#options = options;
  }

  /** Takes over what the kernel kept while nobody was there: to be read before the table is changed. */
  adopt(native: Native): void {
    const { guard, sessions, loaded, log } = this.#options;
    const { services } = loaded().config;
    const nft = new native.Nftables();
    for (const service of guard.table.sessionServices().filter((name) => services.has(name))) {
      for (const session of listKernelSessions(nft, service, sessions.ipv6Prefix, Date.now())) {
        sessions.adopt(session);
      }
    }
    log.info({ sessions: sessions.list().length }, 'took over the table that was there');
  }

  /**
   * A configuration is in force: sessions of services that are gone are forgotten, and every other one that
   * it would refuse is ended, established connections included.
   */
  review(): void {
    const { sessions, loaded, log } = this.#options;
    const { services } = loaded().config;
    for (const session of sessions.list()) if (!services.has(session.service)) sessions.forget(session);
    const reviewed = reviewSessions(sessions.list(), {
      decide: this.#options.ask,
      revision: () => loaded().revision,
      end: (session) => this.#revoke(session),
      wait: sleep,
    });
    reviewed.catch((err: unknown) => log.error({ err }, 'the sessions could not be looked at again'));
  }

  /** The same a little later, once however often it is asked for. */
  reviewSoon(): void {
    this.#reviewDue ??= setTimeout(() => {
      this.#reviewDue = undefined;
      this.review();
    }, reviewDelay);
  }

  /** Tells of the sessions whose time is over. */
  expire(): void {
    for (const session of this.#options.sessions.takeExpired(Date.now()))
      this.#publishEnded(session, 'expired');
  }

  /** The guard is gone, and the sessions' elements with it. */
  endAll(): void {
    for (const session of this.#options.sessions.list()) {
      this.#options.sessions.forget(session);
      this.#publishEnded(session, 'shutdown');
    }
  }

  stop(): void {
    clearTimeout(this.#reviewDue);
  }

  #revoke(session: OpenSession): void {
    const { sessions, guard, log } = this.#options;
    // It may have ended while policy was asked about it.
    if (!sessions.has(session)) return;
    sessions.close(session, { cut: true });
    const index = guard.indexes.get(session.service);
    const connections = index === undefined ? 0 : guard.connections.cut(index, session.covers);
    log.info({ service: session.service, connections }, 'a session was revoked');
    this.#publishEnded(session, 'revoked');
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
