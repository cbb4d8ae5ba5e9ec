// SPDX-License-Identifier: MIT
import { join } from 'node:path';
import type { EventReading } from '@nftoggle/bus';
import type { CloudEvent, StatsStatus } from '@nftoggle/contracts';
import type { DaemonContext } from '@nftoggle/daemon';
import { Batches } from './batches.ts';
import { isDamage, noteDamage } from './database-file.ts';
import { StatsStore } from './stats-store.ts';
import { readStream } from './stream-reading.ts';

/** What stats needs of the process around it. */
export interface StatsContext
  extends Pick<DaemonContext, 'bus' | 'loaded' | 'onConfig' | 'onStop' | 'status' | 'metrics' | 'stop'> {
  readonly settings: Pick<DaemonContext['settings'], 'NFTOGGLE_STATE'>;
  readonly log: Pick<DaemonContext['log'], 'info' | 'warn' | 'error' | 'fatal'>;
}

/** Between two looks for what may go, in milliseconds. After a flood there is one sooner. */
const tidyEvery = 60_000;
const tidyAfter = 50_000;

/** Stores what the stream brings, and answers questions about it. */
export function serveStats(context: StatsContext): void {
  const { bus, loaded, onConfig, onStop } = context;
  const store = openStore(context);
  onStop('store', () => store.close());
  onConfig(({ config }) => store.configure(config));
  const tidying = openTidying(context, store);
  const batches = new Batches({
    commit: (events) => {
      commit(context, store, events);
      if (store.added > tidyAfter) tidying.now();
    },
    onFailure: (error) => failed(context, store, error),
  });
  const reading = readStream(bus, batches);
  onStop('tidying', () => tidying.stop());
  onStop('reading', () => {
    batches.stop();
    return reading.stop();
  });
  serveQuestions(context, store, reading);
  serveMetrics(context, store, reading);
  context.log.info({ file: store.file, keep: loaded().config.stats.keep }, 'keeping events');
}

function openStore({ settings, loaded, log }: StatsContext): StatsStore {
  return new StatsStore({
    file: join(settings.NFTOGGLE_STATE, 'stats', 'stats.db'),
    config: loaded().config,
    onDamage: (aside, problem) =>
      log.error(
        `the statistics were damaged (${problem}) and a new file is begun: what was there is in ${aside}`,
      ),
  });
}

function commit({ metrics, log }: StatsContext, store: StatsStore, events: readonly CloudEvent[]): void {
  const begin = performance.now();
  const { stored, known, refused } = store.store(events);
  metrics.observe('nftoggle_stats_commit_seconds', {}, (performance.now() - begin) / 1_000);
  for (const [outcome, count] of Object.entries({ stored, known, unknown: refused.length }))
    if (count > 0) metrics.count('nftoggle_stats_events_total', { outcome }, count);
  for (const { event, problem } of refused)
    log.error({ id: event.id, type: event.type }, `an event could not be stored and is left out: ${problem}`);
}

function failed({ log, stop }: StatsContext, store: StatsStore, error: unknown): void {
  const problem = (error as Error).message;
  if (!isDamage(error)) {
    log.error(`events could not be stored (${problem}): they wait in the stream, and it is tried again`);
    return;
  }
  log.fatal(`the statistics are damaged (${problem}): ending, to begin a new file at the next start`);
  noteDamage(store.file, problem);
  stop(1);
}

interface Tidying {
  now(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

/** One run at a time. */
function openTidying(context: StatsContext, store: StatsStore): Tidying {
  let run: Promise<void> | undefined;
  const now = (): void => {
    run ??= tidy(context, store).finally(() => {
      run = undefined;
    });
  };
  const timer = setInterval(now, tidyEvery);
  return {
    now,
    stop: async () => {
      clearInterval(timer);
      await run;
    },
  };
}

async function tidy(context: StatsContext, store: StatsStore): Promise<void> {
  try {
    if (!(await store.tidy()))
      context.log.warn('the statistics take more than stats.max_size, and no event is left: raise it');
  } catch (error) {
    if (isDamage(error)) failed(context, store, error);
    else context.log.error(`old events could not be let go: ${(error as Error).message}`);
  }
}

function serveQuestions(context: StatsContext, store: StatsStore, reading: EventReading): void {
  const { bus } = context;
  bus.serve('statsSummary', (request) => store.summary(request));
  bus.serve('statsSeries', (request) => store.series(request));
  bus.serve('statsSessions', (request) => store.sessions(request));
  bus.serve('statsDenials', (request) => store.denials(request));
  bus.serve('statsEvents', (request) => store.events(request));
  bus.serve('statsStatus', () => statusOf(context, store, reading));
}

async function statusOf(
  { status }: StatsContext,
  store: StatsStore,
  reading: EventReading,
): Promise<StatsStatus> {
  const { oldest, ...kept } = store.kept();
  return {
    ...status(),
    daemon: 'stats',
    ...kept,
    oldest: oldest === null ? null : new Date(oldest).toISOString(),
    waiting: await reading.waiting(),
  };
}

function serveMetrics({ metrics }: StatsContext, store: StatsStore, reading: EventReading): void {
  metrics.onScrape(async () => {
    metrics.set('nftoggle_stats_bytes', {}, store.bytes());
    const waiting = await reading.waiting();
    if (waiting === null) metrics.clear('nftoggle_stats_waiting');
    else metrics.set('nftoggle_stats_waiting', {}, waiting);
  });
}
