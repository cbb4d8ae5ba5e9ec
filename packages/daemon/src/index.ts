// SPDX-License-Identifier: MIT
// What every process needs and what knows nothing of firewalls: start, configuration, bus, log, ordered stop.

export type { Logger } from 'pino';
export { Metrics } from './metrics.ts';
export { type CommandOptions, type CommandRun, Processes } from './run-command.ts';
export { type DaemonContext, runDaemon, startFailedCode } from './run-daemon.ts';
export { readSettings, Settings } from './settings.ts';
export { StartError } from './start-error.ts';
export { StopSteps } from './stop.ts';
