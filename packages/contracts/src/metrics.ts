// SPDX-License-Identifier: MIT
// Every metric of every daemon. Labels are names of the configuration and words of this package: never an address,
// so that their number is bounded.

interface Metric {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** `all`: every daemon has it. */
  readonly of: string;
  readonly labels: readonly string[];
  readonly help: string;
}

export const metrics = {
  nftoggle_build_info: {
    kind: 'gauge',
    of: 'all',
    labels: ['version'],
    help: '1, with the version that runs',
  },
  nftoggle_bus_connected: { kind: 'gauge', of: 'all', labels: [], help: '1 while the bus is connected' },
  nftoggle_bus_backlog: {
    kind: 'gauge',
    of: 'all',
    labels: [],
    help: 'Events that wait to be taken by the event stream',
  },
  nftoggle_bus_dropped_total: {
    kind: 'counter',
    of: 'all',
    labels: [],
    help: 'Events lost because the backlog was full',
  },
  nftoggle_config_refused: {
    kind: 'gauge',
    of: 'all',
    labels: [],
    help: '1 while a newer configuration is refused and the last good one stays in force',
  },
  nftoggle_guarding: {
    kind: 'gauge',
    of: 'interceptor',
    labels: ['state'],
    help: '1 for the state that the guard is in: guarding, watching, removed, failed',
  },
  nftoggle_decisions_total: {
    kind: 'counter',
    of: 'interceptor',
    labels: ['service', 'outcome'],
    help: 'Questions about first packets, by what came of them: allow, deny, fallback',
  },
  nftoggle_decision_seconds: {
    kind: 'histogram',
    of: 'interceptor',
    labels: [],
    help: 'From the question about a first packet to its answer, without waking',
  },
  nftoggle_packets_total: {
    kind: 'counter',
    of: 'interceptor',
    labels: ['fate'],
    help: 'Packets from the queues: allowed, denied, replaced, malformed, vanished',
  },
  nftoggle_unasked_total: {
    kind: 'counter',
    of: 'interceptor',
    labels: ['service'],
    help: 'Packets that the kernel dropped without asking',
  },
  nftoggle_queue_waiting: {
    kind: 'gauge',
    of: 'interceptor',
    labels: ['lane'],
    help: 'Packets in the kernel queue that wait for a verdict',
  },
  nftoggle_queue_dropped_total: {
    kind: 'counter',
    of: 'interceptor',
    labels: ['lane', 'because'],
    help: 'Packets that the kernel dropped because the queue, or our socket, was full',
  },
  nftoggle_held_packets: {
    kind: 'gauge',
    of: 'interceptor',
    labels: ['until'],
    help: 'Packets held until a decision, or until a machine is awake',
  },
  nftoggle_sessions: { kind: 'gauge', of: 'interceptor', labels: ['service'], help: 'Open sessions' },
  nftoggle_sessions_started_total: {
    kind: 'counter',
    of: 'interceptor',
    labels: ['service'],
    help: 'Sessions that were started',
  },
  nftoggle_sessions_ended_total: {
    kind: 'counter',
    of: 'interceptor',
    labels: ['service', 'reason'],
    help: 'Sessions that ended, and why',
  },
  nftoggle_ruleset_restored_total: {
    kind: 'counter',
    of: 'interceptor',
    labels: [],
    help: 'How often our nftables table had to be put back',
  },
  nftoggle_policy_decisions_total: {
    kind: 'counter',
    of: 'policy',
    labels: ['service', 'decision', 'reason'],
    help: 'Decisions of this replica',
  },
  nftoggle_policy_decision_seconds: {
    kind: 'histogram',
    of: 'policy',
    labels: [],
    help: 'Time to decide, without the bus',
  },
  nftoggle_grants: { kind: 'gauge', of: 'policy', labels: [], help: 'Grants that are open' },
  nftoggle_clock_trusted: { kind: 'gauge', of: 'policy', labels: [], help: '1 while the clock is believed' },
  nftoggle_wakes_total: {
    kind: 'counter',
    of: 'wol',
    labels: ['device', 'outcome'],
    help: 'Wakes that came to an end: ready, failed',
  },
  nftoggle_wake_seconds: {
    kind: 'histogram',
    of: 'wol',
    labels: ['device'],
    help: 'From the beginning of a wake to the machine being ready',
  },
  nftoggle_waking: { kind: 'gauge', of: 'wol', labels: [], help: 'Machines that are being woken' },
  nftoggle_hook_deliveries_total: {
    kind: 'counter',
    of: 'hooks',
    labels: ['hook', 'outcome'],
    help: 'Attempts to deliver an event: delivered, failed; and events given up: dead',
  },
  nftoggle_hook_seconds: {
    kind: 'histogram',
    of: 'hooks',
    labels: ['hook'],
    help: 'How long an attempt took',
  },
  nftoggle_hook_waiting: {
    kind: 'gauge',
    of: 'hooks',
    labels: ['hook'],
    help: 'Events in the stream that wait for the hook (JetStream lag)',
  },
  nftoggle_dead_letters: { kind: 'gauge', of: 'hooks', labels: [], help: 'Dead letters of all hooks' },
  nftoggle_stats_events_total: {
    kind: 'counter',
    of: 'stats',
    labels: ['outcome'],
    help: 'Events read from the stream: stored, known (seen before), unknown (of a type or shape not known)',
  },
  nftoggle_stats_commit_seconds: {
    kind: 'histogram',
    of: 'stats',
    labels: [],
    help: 'How long a batch took to be on disk',
  },
  nftoggle_stats_waiting: {
    kind: 'gauge',
    of: 'stats',
    labels: [],
    help: 'Events in the stream that are not stored yet (JetStream lag)',
  },
  nftoggle_stats_bytes: {
    kind: 'gauge',
    of: 'stats',
    labels: [],
    help: 'Size of the database on disk',
  },
  nftoggle_api_requests_total: {
    kind: 'counter',
    of: 'api',
    labels: ['route', 'status'],
    help: 'Requests of clients, by route pattern and status code',
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;
type NamesOf<K extends Metric['kind']> = {
  [N in MetricName]: (typeof metrics)[N]['kind'] extends K ? N : never;
}[MetricName];
export type CounterName = NamesOf<'counter'>;
export type GaugeName = NamesOf<'gauge'>;
export type HistogramName = NamesOf<'histogram'>;
export type MetricLabels<N extends MetricName> = Readonly<
  Record<(typeof metrics)[N]['labels'][number], string | number>
>;
