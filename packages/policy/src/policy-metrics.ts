// SPDX-License-Identifier: MIT
import type { Decision } from '@nftoggle/contracts';
import type { Metrics } from '@nftoggle/daemon';
import type { Question } from '@nftoggle/decision';
import type { Replica } from './replica.ts';

type Decide = (flow: Question) => Decision;

/** The same decisions, counted and timed. */
export function metered(metrics: Metrics, decide: Decide): Decide {
  return (flow) => {
    const begun = performance.now();
    const answer = decide(flow);
    metrics.observe('nftoggle_policy_decision_seconds', {}, (performance.now() - begun) / 1_000);
    const { decision, reason } = answer;
    // A name that is not of the configuration could be any name, and each would be a series for ever.
    const service = reason === 'unknown_service' ? '' : flow.service;
    metrics.count('nftoggle_policy_decisions_total', { service, decision, reason });
    return answer;
  };
}

/** How things stand, at each scrape. */
export function tellState(metrics: Metrics, replica: Pick<Replica, 'book' | 'world'>): void {
  metrics.onScrape(() => {
    metrics.set('nftoggle_grants', {}, replica.book.open(Date.now()).length);
    metrics.set('nftoggle_clock_trusted', {}, replica.world().clockProblem === null ? 1 : 0);
  });
}
