// SPDX-License-Identifier: MIT
import { Bus, type BusStatus } from '@nftoggle/bus';
import { ConfigError, type ConfigWatch, formatProblems, type Loaded, watchConfig } from '@nftoggle/config';
import type { Daemon, DaemonStatus } from '@nftoggle/contracts';
import { type Logger, pino } from 'pino';
import { tellCommon } from './common-metrics.ts';
import { Metrics } from './metrics.ts';
import { MetricsServer, type MetricsServerOptions } from './metrics-server.ts';
import { natsSeed, readSettings, type Settings } from './settings.ts';
import { StartError } from './start-error.ts';
import { StopSteps, stopDeadline } from './stop.ts';

export interface DaemonContext {
  readonly name: Daemon;
  readonly settings: Settings;
  readonly log: Logger;
  readonly bus: Bus;
  readonly metrics: Metrics;
  /** The configuration in force now. */
  readonly loaded: () => Loaded;
  /** Called after each switch to a new revision, before it is published. */
  readonly onConfig: (listener: (loaded: Loaded) => void) => void;
  /** Registers an undo step; steps run newest first when the daemon stops. */
  readonly onStop: (name: string, step: () => unknown) => void;
  readonly status: () => DaemonStatus;
  /** Ends the process in order, as SIGTERM does. */
  readonly stop: (exitCode: number) => void;
}

/** What the launcher reads from a daemon that could not start: the exit code beside one clear message. */
export const startFailedCode = 3;

/**
 * Runs one daemon for the life of the process: loads the configuration, opens the bus without waiting for
 * it, starts, and stops in order on SIGTERM and SIGINT. SIGHUP reads the configuration again. A second
 * signal, or a stop that hangs, ends the process at once.
 */
export async function runDaemon(
  name: Daemon,
  start: (context: DaemonContext) => void | Promise<void>,
): Promise<void> {
  const started = new Date().toISOString();
  const log = pino({ name, base: { name, pid: process.pid } });
  const steps = new StopSteps((step, error) => log.error({ err: error, step }, 'a step of the stop failed'));
  const stop = stopper(log, steps);
  try {
    const settings = readSettings(process.env);
    log.level = settings.NFTOGGLE_LOG_LEVEL;
    const listeners: ((loaded: Loaded) => void)[] = [];
    const watch = await openConfig(settings, listeners, log, () => bus);
    steps.add('config', () => watch.close());
    const bus = openBus(name, settings, watch, log);
    steps.add('bus', () => bus.close());
    const metrics = openMetrics(name, bus, watch, log);
    let isStarted = false;
    const problem = (): string | null => {
      if (!isStarted) return 'it is starting';
      return bus.connected ? null : 'the bus is not connected';
    };
    serveMetrics({ metrics, problem }, settings.NFTOGGLE_METRICS, log, steps);
    const context: DaemonContext = {
      name,
      settings,
      log,
      bus,
      metrics,
      loaded: () => watch.current,
      onConfig: (listener) => listeners.push(listener),
      onStop: (step, run) => steps.add(step, run),
      status: () => ({
        daemon: name,
        pid: process.pid,
        started,
        revision: watch.current.revision,
        problem: watch.problem,
      }),
      stop,
    };
    followSignals(stop, watch, log);
    await start(context);
    isStarted = true;
    log.info({ revision: watch.current.revision }, 'started');
  } catch (error) {
    reportStartFailure(log, error);
    await steps.run();
    process.exit(startFailedCode);
  }
}

async function openConfig(
  settings: Settings,
  listeners: readonly ((loaded: Loaded) => void)[],
  log: Logger,
  bus: () => Bus,
): Promise<ConfigWatch> {
  const daemon = log.bindings().name as string;
  return watchConfig(settings.NFTOGGLE_CONFIG, {
    onChange: (loaded) => {
      log.info({ revision: loaded.revision }, 'a new revision of the configuration is in force');
      for (const listener of listeners) listener(loaded);
      bus().publish('config_changed', { daemon, revision: loaded.revision });
    },
    onRefused: (problems, revision) => {
      const problem = formatProblems(problems);
      log.error({ revision }, `the configuration was not taken, the last good one stays:\n${problem}`);
      bus().publish('config_refused', { daemon, revision, problem });
    },
  });
}

function openBus(name: Daemon, settings: Settings, watch: ConfigWatch, log: Logger): Bus {
  return new Bus({
    url: settings.NFTOGGLE_NATS_URL,
    seed: natsSeed(settings),
    node: watch.current.config.node,
    daemon: name,
    onStatus: (status) => logBus(log, status),
  });
}

function openMetrics(name: Daemon, bus: Bus, watch: ConfigWatch, log: Logger): Metrics {
  const metrics = new Metrics(name, (problem) => log.warn(`some metrics are not up to date: ${problem}`));
  tellCommon(metrics, bus, watch);
  return metrics;
}

/** A port that is taken, or a name that takes its time, is no reason not to guard: nobody waits for it. */
function serveMetrics(
  told: Pick<MetricsServerOptions, 'metrics' | 'problem'>,
  place: string,
  log: Logger,
  steps: StopSteps,
): void {
  if (place === '') return;
  const onProblem = (problem: string) => log.warn(`metrics: ${problem}`);
  const listening = MetricsServer.listen({ ...told, place, onProblem });
  steps.add('metrics', () => {
    listening.then((server) => server.close()).catch(() => {});
  });
  listening
    .then(() => log.info(`metrics: http://${place}/metrics`))
    .catch((error: Error) => log.warn(`metrics are not served: ${error.message}`));
}

function logBus(log: Logger, status: BusStatus): void {
  if (status.kind === 'error') log.error(`bus: ${status.message}`);
  else if (status.kind === 'disconnected') log.warn('bus: disconnected; reconnecting');
  else log.info(`bus: ${status.kind}`);
}

function stopper(log: Logger, steps: StopSteps): (exitCode: number) => void {
  return (exitCode) => {
    setTimeout(() => process.exit(exitCode), stopDeadline).unref();
    void steps.run().then(() => {
      log.info('stopped');
      process.exit(exitCode);
    });
  };
}

function followSignals(stop: (exitCode: number) => void, watch: ConfigWatch, log: Logger): void {
  let asked = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    asked += 1;
    if (asked > 1) process.exit(1);
    log.info(`${signal}: stopping`);
    stop(0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', () => void watch.reload());
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a fault that should not be: ending, to be started afresh');
    process.exit(1);
  });
}

function reportStartFailure(log: Logger, error: unknown): void {
  if (error instanceof StartError || error instanceof ConfigError) log.fatal(error.message);
  else log.fatal({ err: error }, 'could not start');
}
