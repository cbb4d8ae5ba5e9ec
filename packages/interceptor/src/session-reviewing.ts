// SPDX-License-Identifier: MIT
// What one review looks at: connections that a service left behind, sessions, and connections without one.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Loaded } from '@nftoggle/config';
import type { Decision, Flow } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import type { Clock } from './clock.ts';
import type { Guard } from './guard.ts';
import type { KeptConnections } from './kept-connections.ts';
import type { OrphanSettling } from './orphan-settling.ts';
import { PolicyWord } from './policy-word.ts';
import { ReviewLoop, type Scope } from './review-loop.ts';
import { revoked, type SessionEnd } from './session-end.ts';
import type { SessionEnding } from './session-ending.ts';
import type { Permission } from './session-new.ts';
import { type Change, reviewSessions } from './session-review.ts';
import type { Sessions } from './sessions.ts';
import type { StrayReview } from './stray-review.ts';

export interface SessionReviewingOptions {
  readonly sessions: Sessions;
  readonly guard: Pick<Guard, 'letIn'>;
  readonly kept: KeptConnections;
  readonly strays: StrayReview;
  readonly orphans: OrphanSettling;
  readonly ending: SessionEnding;
  readonly inForce: () => Loaded;
  readonly ask: (flow: Flow) => Promise<Decision>;
  readonly permissionOf: (service: string, decision: Decision) => Permission;
  readonly log: Logger;
  readonly clock: Clock;
}

export class SessionReviewing {
  readonly #options: SessionReviewingOptions;
  readonly loop: ReviewLoop;

  constructor(options: SessionReviewingOptions) {
    this.#options = options;
    this.loop = new ReviewLoop({
      review: (services) => this.#review(services),
      onError: (err) =>
        options.log.error({ err }, 'the sessions could not be looked at again: trying once more'),
    });
  }

  /** False when something is left to be looked at. */
  async #review(services: Scope): Promise<boolean> {
    const { orphans, inForce, ask: decide, clock } = this.#options;
    const { revision } = inForce();
    const isCurrent = (): boolean => inForce().revision === revision && !this.loop.isStopped;
    const word = new PolicyWord({ decide, revision: () => revision, now: clock.now, wait: sleep });
    const ask = (flow: Flow): Promise<Decision | undefined> => word.ask(flow);
    // Orphans that were dealt with are looked for once more: the ruleset before may have marked some since.
    const isSettled = await orphans.settle(ask, isCurrent);
    await this.#reviewSessions(services, ask, isCurrent);
    if (isCurrent()) await this.#reviewStrays(services, ask, isCurrent);
    return !word.isSilent && !word.isUnready && isSettled;
  }

  async #reviewSessions(services: Scope, ask: PolicyWord['ask'], isCurrent: () => boolean): Promise<void> {
    const { sessions, permissionOf, clock } = this.#options;
    const concerned = sessions.list().filter(({ service }) => services === null || services.has(service));
    await reviewSessions(concerned, {
      ask,
      isCurrent,
      permissionOf,
      now: clock.now,
      end: (ends) => this.#end(ends),
      change: (changes) => this.#change(changes),
    });
  }

  /** What was said about kept connections counts no more. */
  async #reviewStrays(services: Scope, ask: PolicyWord['ask'], isCurrent: () => boolean): Promise<void> {
    const { kept, strays, guard } = this.#options;
    if (kept.size > 0) strays.expect();
    kept.forget(services);
    if (strays.isExpected) await strays.look(guard.letIn(), services, ask, isCurrent);
  }

  #end(ends: readonly SessionEnd[]): void {
    const { sessions, ending } = this.#options;
    ending.end(ends);
    // A newer answer was on its way while policy changed its mind: which of the two is newer is not known.
    if (ends.some(({ session }) => sessions.has(session))) this.loop.soon();
  }

  #change(changes: readonly Change[]): void {
    const { sessions, ending, clock } = this.#options;
    const current = changes.filter(({ before }) => sessions.isCurrent(before));
    const changed = current.map(({ next }) => next);
    const unfit = new Set(sessions.renew(changed, clock.now()));
    ending.end(current.filter(({ next }) => unfit.has(next)).map(({ before }) => revoked(before)));
  }
}
