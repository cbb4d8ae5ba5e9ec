// SPDX-License-Identifier: MIT
import {
  type CounterName,
  type Daemon,
  type GaugeName,
  type HistogramName,
  type MetricLabels,
  type MetricName,
  metrics,
} from '@nftoggle/contracts';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** In seconds: from a decision in memory to a machine that takes minutes to wake. */
const buckets = [
  0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
];

/** How long a scrape waits for what is found out for it, in milliseconds. */
const patience = 1_000;

/** Between two looks of prom-client at the event loop, in milliseconds: 24 days, since it cannot be told to do without. */
const never = 2 ** 31 - 1;

interface Collector {
  readonly collect: () => void | Promise<void>;
  /** Was it told that it fails? */
  failing: boolean;
}

/**
 * The metrics of one daemon, by the table in contracts. Counting costs about a microsecond; what is known anyway
 * is better set at each scrape.
 */
export class Metrics {
  /** What the text of a scrape is, for HTTP. */
  readonly contentType: string;
  readonly #onProblem: (problem: string) => void;
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #collectors: Collector[] = [];
  /** What `countTo` has seen of each counter and its labels. */
  readonly #totals = new Map<string, number>();
  #scrape: Promise<string> | undefined;

  /** `onProblem` hears once of each collector that fails, and again when it has worked in between. */
  constructor(daemon: Daemon, onProblem: (problem: string) => void = () => {}) {
    this.contentType = this.#registry.contentType;
    this.#onProblem = onProblem;
    for (const name of Object.keys(metrics) as MetricName[]) {
      const { kind, of, labels, help } = metrics[name];
      if (of !== 'all' && of !== daemon) continue;
      const options = { name, help, labelNames: [...labels], registers: [this.#registry] };
      if (kind === 'counter') this.#counters.set(name, new Counter(options));
      else if (kind === 'gauge') this.#gauges.set(name, new Gauge(options));
      else this.#histograms.set(name, new Histogram({ ...options, buckets }));
    }
  }

  count<N extends CounterName>(name: N, labels: MetricLabels<N>, by = 1): void {
    this.#of(this.#counters, name).inc(labels, by);
  }

  /** For counts that somebody else keeps: brings the metric up to `total`, never down. */
  countTo<N extends CounterName>(name: N, labels: MetricLabels<N>, total: number): void {
    const key = `${name} ${JSON.stringify(labels)}`;
    const seen = this.#totals.get(key);
    if (seen !== undefined && total <= seen) return;
    this.count(name, labels, total - (seen ?? 0));
    this.#totals.set(key, total);
  }

  set<N extends GaugeName>(name: N, labels: MetricLabels<N>, value: number): void {
    this.#of(this.#gauges, name).set(labels, value);
  }

  /** Forgets the values of all labels: what is not set again is no more. */
  clear(name: GaugeName): void {
    this.#of(this.#gauges, name).reset();
  }

  observe<N extends HistogramName>(name: N, labels: MetricLabels<N>, seconds: number): void {
    this.#of(this.#histograms, name).observe(labels, seconds);
  }

  /**
   * Called before each scrape is answered, which waits a second for it. One that fails, or takes longer, costs its
   * own values alone: they stay as they were. It is never called while it is under way.
   */
  onScrape(collect: () => void | Promise<void>): void {
    this.#collectors.push({ collect: once(collect), failing: false });
  }

  /**
   * Adds what the process itself uses: CPU, memory, file descriptors, and how late the event loop is at the scrape.
   * How late it was in between is left out: to know that, the process would have to wake a hundred times a second.
   */
  addProcess(): void {
    const prefix = 'nftoggle_';
    collectDefaultMetrics({ register: this.#registry, prefix, eventLoopMonitoringPrecision: never });
    for (const figure of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99']) {
      this.#registry.removeSingleMetric(`${prefix}nodejs_eventloop_lag_${figure}_seconds`);
    }
  }

  /** In the text format of Prometheus. Those who ask at the same time get the same answer. */
  text(): Promise<string> {
    this.#scrape ??= this.#collectAll().finally(() => {
      this.#scrape = undefined;
    });
    return this.#scrape;
  }

  async #collectAll(): Promise<string> {
    await Promise.all(this.#collectors.map((collector) => this.#collect(collector)));
    return this.#registry.metrics();
  }

  async #collect(collector: Collector): Promise<void> {
    try {
      await withinPatience(collector.collect);
      collector.failing = false;
    } catch (error) {
      if (!collector.failing) this.#onProblem(error instanceof Error ? error.message : String(error));
      collector.failing = true;
    }
  }

  #of<M>(kept: ReadonlyMap<string, M>, name: string): M {
    const metric = kept.get(name);
    if (metric === undefined) throw new TypeError(`${name} is a metric of another daemon`);
    return metric;
  }
}

/** Joins the call that is under way, if one is. */
function once(collect: () => void | Promise<void>): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  const run = async (): Promise<void> => collect();
  return () => {
    underWay ??= run().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

/** Settles as the call does, and rejects when that takes too long. */
async function withinPatience(collect: () => void | Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('it takes more than a second')), patience);
  try {
    await Promise.race([collect(), late]);
  } finally {
    clearTimeout(timer);
  }
}
