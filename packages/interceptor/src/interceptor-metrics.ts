// SPDX-License-Identifier: MIT
// What Prometheus is told, brought together when it asks: the way of a packet pays for its own counts alone.
import { GuardState, type InterceptorStatus } from '@nftoggle/contracts';
import type { Metrics } from '@nftoggle/daemon';
import type { Interceptor } from './interceptor.ts';

type Sink = Pick<Metrics, 'clear' | 'countTo' | 'onScrape' | 'set'>;
/** What becomes of packets. Those that vanished are among the allowed and the denied as well. */
const fates = ['allowed', 'denied', 'replaced', 'malformed', 'vanished'] as const;

export function followMetrics(
  metrics: Sink,
  interceptor: Pick<Interceptor, 'countUnasked' | 'outcomes' | 'unasked'>,
  status: () => InterceptorStatus,
): void {
  metrics.onScrape(() => {
    interceptor.countUnasked();
    const now = status();
    setState(metrics, now);
    setQueues(metrics, now);
    for (const fate of fates) metrics.countTo('nftoggle_packets_total', { fate }, now.counts[fate]);
    metrics.countTo('nftoggle_ruleset_restored_total', {}, now.counts.restored);
    for (const [service, outcomes] of interceptor.outcomes)
      for (const [outcome, total] of Object.entries(outcomes))
        metrics.countTo('nftoggle_decisions_total', { service, outcome }, total);
    for (const [service, total] of interceptor.unasked.totals)
      metrics.countTo('nftoggle_unasked_total', { service }, total);
  });
}

function setState(metrics: Sink, { guard, held, waking, services }: InterceptorStatus): void {
  for (const state of GuardState.options)
    metrics.set('nftoggle_guarding', { state }, state === guard ? 1 : 0);
  metrics.set('nftoggle_held_packets', { until: 'decision' }, held - waking);
  metrics.set('nftoggle_held_packets', { until: 'wake' }, waking);
  metrics.clear('nftoggle_sessions');
  for (const { name, sessions } of services) metrics.set('nftoggle_sessions', { service: name }, sessions);
}

function setQueues(metrics: Sink, { queues }: InterceptorStatus): void {
  for (const { lane, waiting, droppedFull, droppedSocket } of queues) {
    metrics.set('nftoggle_queue_waiting', { lane }, waiting);
    metrics.countTo('nftoggle_queue_dropped_total', { lane, because: 'queue' }, droppedFull);
    metrics.countTo('nftoggle_queue_dropped_total', { lane, because: 'socket' }, droppedSocket);
  }
}
