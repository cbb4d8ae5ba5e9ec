// SPDX-License-Identifier: MIT
// The time of a session is over: whoever still uses it is asked about again, and goes on or is ended.
import type { Decision, Flow } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import type { Clock } from './clock.ts';
import type { Guard } from './guard.ts';
import {
  endByDenial,
  endByDenialAtEnd,
  endByTime,
  endUnused,
  revoked,
  type SessionEnd,
} from './session-end.ts';
import type { SessionEnding } from './session-ending.ts';
import { flowsBySession, isLive } from './session-flows.ts';
import type { Permission } from './session-new.ts';
import { questionAbout } from './session-question.ts';
import { renewed } from './session-review.ts';
import type { OpenSession, Sessions } from './sessions.ts';

export interface SessionRenewalOptions {
  readonly sessions: Sessions;
  readonly guard: Pick<Guard, 'letIn' | 'serviceOf'>;
  readonly ending: SessionEnding;
  /** Undefined when nobody answers in time. */
  readonly ask: (flow: Flow) => Promise<Decision | undefined>;
  readonly permissionOf: (service: string, decision: Decision) => Permission;
  /** Tells policy what was measured; resolves in bounded time, whether it is answered or not. */
  readonly charge: () => Promise<void>;
  /** When an unanswered question is asked again, in milliseconds. */
  readonly retryAfter: () => number;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Questions that are on their way at once; policy answers so many well within its deadline. */
const batch = 512;
/** What an allowance gives may be so little that to ask costs more; it is overdrawn by this at most, in milliseconds. */
const leastAllowance = 1_000;
/** After a fault of the kernel, in milliseconds. */
const faultPause = 1_000;

type Answers = ReadonlyMap<OpenSession, Decision | undefined>;
type EndOf = (session: OpenSession, decision: Decision | undefined) => SessionEnd | undefined;

export class SessionRenewal {
  readonly #options: SessionRenewalOptions;
  /** Asked about before their time is over. */
  readonly #early = new Set<OpenSession>();

  constructor(options: SessionRenewalOptions) {
    this.#options = options;
  }

  /** To be called when a deadline has passed. Never rejects. */
  async settleDue(): Promise<void> {
    const { sessions, clock, log } = this.#options;
    const due = sessions.takeDue(clock.now());
    if (due.length === 0) return;
    try {
      await this.#settle(due);
    } catch (err) {
      log.error({ err }, 'sessions that are over could not be looked at: trying again');
      const at = clock.now() + faultPause;
      for (const session of due) if (session.until <= clock.now()) sessions.postpone(session, at);
    }
  }

  /** Something is known that may end sessions before their time. Never rejects. */
  async askEarly(wanted: readonly OpenSession[]): Promise<void> {
    const asked = wanted.filter((session) => !this.#early.has(session));
    for (const session of asked) this.#early.add(session);
    try {
      await this.#renew(asked, (session, decision) =>
        decision === undefined ? undefined : endByDenial(session, decision, this.#options.clock.now()),
      );
    } catch (err) {
      this.#options.log.error({ err }, 'sessions could not be looked at before their end');
    } finally {
      for (const session of asked) this.#early.delete(session);
    }
  }

  async #settle(due: readonly OpenSession[]): Promise<void> {
    const { guard, ending, charge } = this.#options;
    const flows = guard.letIn();
    const own = flowsBySession(due, flows, (mark) => guard.serviceOf(mark));
    const isUsed = (session: OpenSession): boolean =>
      own.get(session)?.some(({ flow }) => isLive(flow)) ?? false;
    for (const some of chunks(due.filter((session) => !isUsed(session)))) {
      ending.endIdle(some.map(endUnused));
      ending.dropClosed(some.flatMap((session) => own.get(session) ?? []).map(({ flow }) => flow));
      // Packets of others wait meanwhile.
      await new Promise(setImmediate);
    }
    const live = due.filter(isUsed);
    if (live.some(isMetered)) await charge();
    await this.#renew(live, (session, decision) => this.#endAtDeadline(session, decision));
  }

  /** A session time that is over does no harm to those who are in, and nobody forbade them to go on. */
  #endAtDeadline(session: OpenSession, decision: Decision | undefined): SessionEnd | undefined {
    if (decision !== undefined) return endByDenialAtEnd(session, decision);
    return session.bound === 'session_time' ? undefined : endByTime(session);
  }

  /** `endOf` says how a session ends that is not allowed to go on; where it says nothing, it is left as it is. */
  async #renew(sessions: readonly OpenSession[], endOf: EndOf): Promise<void> {
    let isSilent = false;
    for (const some of chunks(sessions)) {
      const answers: Answers = isSilent ? unanswered(some) : await this.#askAll(some);
      isSilent ||= [...answers.values()].every((decision) => decision === undefined);
      this.#act(answers, endOf);
    }
  }

  async #askAll(sessions: readonly OpenSession[]): Promise<Answers> {
    const { ask } = this.#options;
    return new Map(
      await Promise.all(
        sessions.map(async (session) => [session, await ask(questionAbout(session))] as const),
      ),
    );
  }

  #act(answers: Answers, endOf: EndOf): void {
    const { sessions, ending, clock, retryAfter } = this.#options;
    const now = clock.now();
    const before = new Map<OpenSession, OpenSession>();
    const ended: SessionEnd[] = [];
    for (const [session, decision] of answers) {
      // Its source may have come back and got an answer of its own.
      if (!sessions.isCurrent(session)) continue;
      const next = decision === undefined ? undefined : this.#nextOf(session, decision, now);
      const end = next === undefined ? endOf(session, decision) : undefined;
      if (next !== undefined) before.set(next, session);
      else if (end !== undefined) ended.push(end);
      else if (session.until <= now) sessions.postpone(session, now + retryAfter());
    }
    ending.end(ended);
    // The kernel may have no room for them any more.
    const unfit = sessions.renew([...before.keys()], now);
    ending.end(unfit.map((next) => revoked(before.get(next) ?? next)));
  }

  /** The session with the time that it was given; undefined when it is not to go on. */
  #nextOf(session: OpenSession, decision: Decision, now: number): OpenSession | undefined {
    const permission = this.#options.permissionOf(session.service, decision);
    const least = permission.bound === 'allowance' ? now + leastAllowance : permission.until;
    const until = Math.max(permission.until, least);
    return until > now ? renewed(session, decision, { ...permission, until }) : undefined;
  }
}

function isMetered({ accounts }: OpenSession): boolean {
  return accounts.length > 0;
}

function unanswered(sessions: readonly OpenSession[]): Answers {
  return new Map(sessions.map((session) => [session, undefined]));
}

function chunks<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / batch) }, (_, i) =>
    all.slice(i * batch, (i + 1) * batch),
  );
}
