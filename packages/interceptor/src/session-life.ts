// SPDX-License-Identifier: MIT
// What happens to sessions after they were opened: taken over, told of, looked at again, measured, renewed, ended.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Loaded, Network } from '@nftoggle/config';
import type { ChargeReply, ChargeRequest, Decision, Flow, SessionUse } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import type { Clock } from './clock.ts';
import { ClockWatch } from './clock-watch.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import type { Guard } from './guard.ts';
import { KeptConnections } from './kept-connections.ts';
import { type Balance, spentSooner } from './metering/balances.ts';
import { Metering } from './metering/metering.ts';
import type { Native } from './native.ts';
import type { NeighbourTable } from './neighbours.ts';
import { OrphanSettling } from './orphan-settling.ts';
import { isWord } from './policy-word.ts';
import type { ReviewLoop, Scope } from './review-loop.ts';
import { listKernelSessions } from './session-adopt.ts';
import { SessionBooks, type SessionBooksOptions } from './session-books.ts';
import { carryOn } from './session-carry-on.ts';
import { revoked } from './session-end.ts';
import { SessionEnding } from './session-ending.ts';
import { endIdleSessions, type SessionIdleOptions } from './session-idle.ts';
import { type Permission, permissionOf } from './session-new.ts';
import { SessionRenewal } from './session-renewal.ts';
import { SessionReviewing } from './session-reviewing.ts';
import type { OpenSession, Sessions } from './sessions.ts';
import { StrayReview } from './stray-review.ts';

export interface SessionLifeOptions
  extends Pick<SessionBooksOptions, 'memory' | 'publish' | 'onStarted' | 'onEnded'> {
  readonly sessions: Sessions;
  readonly guard: Pick<
    Guard,
    'table' | 'indexes' | 'serviceOf' | 'connections' | 'letIn' | 'watch' | 'orphans'
  >;
  /** What the kernel guards. */
  readonly inForce: () => Loaded;
  /** False while the guard is away, and in `mode: watch`. */
  readonly isGuarding: () => boolean;
  /** May a source whose interface is not known be on the provider's side? */
  readonly mayBeOutside: (address: Network) => boolean;
  /** Who is on our links. */
  readonly neighbours: () => NeighbourTable;
  readonly ask: (flow: Flow) => Promise<Decision>;
  readonly charge: (request: ChargeRequest) => Promise<ChargeReply>;
  readonly log: Logger;
  readonly clock: Clock;
}

/** At a deadline, and at the stop, charges are waited for so long at most, in milliseconds. */
const chargePatience = 1_000;

export class SessionLife {
  readonly #options: SessionLifeOptions;
  readonly #books: SessionBooks;
  readonly #kept = new KeptConnections();
  readonly #ending: SessionEnding;
  readonly #metering: Metering;
  readonly #renewal: SessionRenewal;
  readonly #strays: StrayReview;
  readonly #orphans: OrphanSettling;
  readonly #reviews: ReviewLoop;
  readonly #idle: SessionIdleOptions;
  readonly #timer: DeadlineTimer;
  readonly #clockWatch: ClockWatch;
  #nextTick: number;
  /** Reviews that were asked for. */
  #changes = 0;

  constructor(options: SessionLifeOptions) {
    const { sessions, guard, inForce, clock } = options;
    this.#options = options;
    this.#clockWatch = new ClockWatch(clock);
    this.#nextTick = clock.now();
    this.#metering = new Metering({ ...options, onBalances: (balances) => this.#weigh(balances) });
    this.#books = new SessionBooks({
      ...options,
      settings: () => inForce().config.metering,
      onUsed: (uses) => this.#metering.note(uses),
    });
    const shared = {
      ...options,
      // Whoever looks at connections, what they moved counts.
      guard: seenBy(guard, () => this.#books.letIn()),
      telling: this.#books.telling,
      config: () => inForce().config,
    };
    this.#ending = new SessionEnding({
      ...shared,
      kept: this.#kept,
      useOf: (session) => this.#books.useOf(session),
      hear: () => this.#books.hear(),
      onEnd: () => this.#strays.expect(),
    });
    const parts = {
      ...shared,
      neighbours: this.#neighbours,
      kept: this.#kept,
      ending: this.#ending,
      permissionOf: this.#permissionOf,
      carryOn: (flow: Flow, decision: Decision) => carryOn(flow, decision, parts),
    };
    this.#strays = new StrayReview(parts);
    this.#orphans = new OrphanSettling(parts);
    this.#renewal = new SessionRenewal({
      ...parts,
      ask: this.#askOnce,
      charge: () => this.#deliver(),
      retryAfter: () => this.#tick,
    });
    this.#idle = { ...parts, idleSince: (session) => this.#books.idleSince(session) };
    this.#reviews = new SessionReviewing({ ...parts, strays: this.#strays, orphans: this.#orphans }).loop;
    this.#timer = new DeadlineTimer({
      next: () => sessions.nextDeadline,
      now: clock.now,
      onDue: () => void this.#renewal.settleDue(),
    });
    sessions.followDeadlines(() => this.#timer.arm());
  }

  /**
   * Begins with what a life before left, in the kernel and in its file: to be called before the table is changed.
   * `isAdopted`: the table was there.
   */
  begin(native: Native, isAdopted: boolean): void {
    const { guard, sessions, clock } = this.#options;
    const nft = new native.Nftables();
    const listed = (): OpenSession[] =>
      guard.table
        .sessionServices()
        .flatMap((service) => listKernelSessions(nft, service, sessions.ipv6Prefix, clock));
    this.#books.begin(isAdopted ? listed() : null, this.#ending);
  }

  /** A packet opened a session. */
  started(flow: Flow, session: OpenSession): void {
    this.#books.telling.started(flow, session);
  }

  /** Up to the last look. */
  useOf(session: OpenSession): SessionUse {
    return this.#books.useOf(session);
  }

  /** To be called before services change their names in the kernel: what was used counts for who used it. */
  count(): void {
    const { sessions, log } = this.#options;
    try {
      if (sessions.size > 0) this.#books.letIn();
    } catch (err) {
      log.warn({ err }, 'what was used since the last tick may not be counted');
    }
  }

  /** Ends the sessions of services that are gone; the kernel has dropped them with their sets. */
  endDeparted(): void {
    const { sessions, inForce } = this.#options;
    const { services } = inForce().config;
    for (const session of sessions.list().filter(({ service }) => !services.has(service))) {
      this.#orphans.addDeparted(session);
      this.#ending.endInBooks(session, 'revoked');
    }
  }

  /**
   * Policy may say another thing than before about these services, or about all: whatever it would refuse is
   * ended, established connections included.
   */
  review(services: Scope = null): void {
    this.#changes += 1;
    this.#reviews.request(services);
  }

  /**
   * Asks policy. An answer that was on its way while policy changed its mind, or that is made from another
   * revision, may let in whom it would refuse now, and no review knew of it: so there is another one.
   */
  async ask(flow: Flow): Promise<Decision> {
    const changes = this.#changes;
    const decision = await this.#options.ask(flow);
    const isOld = changes !== this.#changes && decision.decision === 'allow';
    if (isOld || decision.revision !== this.#options.inForce().revision) this.reviewSoon();
    return decision;
  }

  /** The same a little later, once however often it is asked for. */
  reviewSoon(): void {
    this.#reviews.soon();
  }

  /** To be called about once a second. */
  sweep(): void {
    const { isGuarding, clock, log } = this.#options;
    if (this.#clockWatch.wasSet() && isGuarding()) {
      log.warn('the clock was set: the sessions are looked at again');
      this.review();
    }
    void this.#renewal.settleDue();
    if (clock.now() < Math.max(this.#nextTick, this.#books.restUntil)) return;
    this.#nextTick = clock.now() + this.#tick;
    this.#look().catch((err: unknown) => log.error({ err }, 'connections could not be looked at'));
    this.#books.tick();
    this.charge();
  }

  /** Tells policy what it was not told yet. */
  charge(): void {
    void this.#metering.deliver();
  }

  /** The guard is gone, and the sessions' elements with it. */
  endAll(): void {
    this.count();
    for (const session of this.#options.sessions.list()) this.#ending.endInBooks(session, 'shutdown');
  }

  /** Puts the sessions into sets that were lost; those for which there is no room any more are ended. */
  restore(): void {
    const { sessions, clock, log } = this.#options;
    const left = sessions.restore(clock.now());
    if (left.length === 0) return;
    log.warn({ sessions: left.length }, 'sessions that do not fit any more are ended');
    this.#ending.end(left.map(revoked));
  }

  /** Resolves when what was used up to now is told, or nobody listens. */
  async stop(): Promise<void> {
    this.#reviews.stop();
    this.#timer.stop();
    this.count();
    await Promise.all([this.#books.stop(), this.#deliver()]);
  }

  get #tick(): number {
    return this.#options.inForce().config.metering.tick * 1_000;
  }

  #isActive(): boolean {
    return this.#options.isGuarding() && !this.#reviews.isStopped;
  }

  readonly #permissionOf = (service: string, decision: Decision): Permission => {
    const { inForce, clock } = this.#options;
    return permissionOf(decision, inForce().config.services.get(service)?.openFor ?? 0, clock);
  };

  readonly #askOnce = async (flow: Flow): Promise<Decision | undefined> => {
    const decision = await this.ask(flow).catch(() => undefined);
    const { revision } = this.#options.inForce();
    return decision !== undefined && isWord(decision, revision) ? decision : undefined;
  };

  /** Without it devices that are known by their hardware address are strangers; all else goes on as ever. */
  readonly #neighbours = (): NeighbourTable => {
    try {
      return this.#options.neighbours();
    } catch (err) {
      this.#options.log.warn({ err }, 'who is on our links cannot be read');
      return new Map();
    }
  };

  /** Looks at the connections, if there is anything to see: what was used, by whom no more, and what belongs to nobody. */
  async #look(): Promise<void> {
    const { inForce } = this.#options;
    const { revision } = inForce();
    if (!this.#isActive() || !(this.#books.isWorthALook || this.#strays.isExpected)) return;
    const flows = this.#books.letIn();
    endIdleSessions(this.#idle);
    const isCurrent = (): boolean => this.#isActive() && inForce().revision === revision;
    // A review ends with the same look, by answers that it waits for.
    if (this.#reviews.isReviewing) return;
    await this.#strays.look(flows, null, this.#askOnce, isCurrent);
  }

  /** An account has less left than was thought. */
  #weigh(balances: readonly Balance[]): void {
    const { sessions, clock } = this.#options;
    if (this.#isActive()) void this.#renewal.askEarly(spentSooner(sessions.list(), balances, clock.now()));
  }

  async #deliver(): Promise<void> {
    await Promise.race([this.#metering.deliver(), sleep(chargePatience, undefined, { ref: false })]);
  }
}

type Seen = SessionLifeOptions['guard'];

/** The guard, but that each look at the connections is one of ours. */
function seenBy(guard: Seen, letIn: Seen['letIn']): Seen {
  return {
    table: guard.table,
    get indexes() {
      return guard.indexes;
    },
    serviceOf: (mark) => guard.serviceOf(mark),
    connections: guard.connections,
    letIn,
    watch: (onEvents, onLost) => guard.watch(onEvents, onLost),
    orphans: () => guard.orphans(),
  };
}
