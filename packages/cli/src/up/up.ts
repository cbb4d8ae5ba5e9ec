// SPDX-License-Identifier: MIT
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { daemons } from '@nftoggle/bus';
import { type CommandError, type ExitCode, exitCodes } from '../exit-codes.ts';
import { guardTable, NetworkNamespace, panicTable } from '../guard-table.ts';
import { type Paths, pidFileOf, resolvePaths } from '../paths.ts';
import { Children } from './children.ts';
import { isNeeded, planChildren, programOf, startOrder, stopOrder } from './daemon-plan.ts';
import { watchGuard } from './guard-watch.ts';
import { type Claim, claimPidFile, holderOf } from './pid-file.ts';
import { cannotStart, checkMachine, ensureConfig, loadConfig } from './preflight.ts';
import { guardingLine, waitUntilGuarding, whatIsMissing } from './readiness.ts';
import { endStaleChild } from './stale-child.ts';
import type { ChildEnd } from './supervised-child.ts';
import { Terminal } from './terminal.ts';

export interface UpOptions {
  readonly state?: string;
  readonly config?: string;
  readonly verbose?: boolean;
}

/** Starts everything, keeps it running until a signal comes, and stops it in order. */
export async function up(options: UpOptions): Promise<ExitCode> {
  const terminal = new Terminal(options.verbose === true);
  const paths = resolvePaths(options);
  await prepareConfig(paths, terminal);
  const release = takeState(paths);
  try {
    await cleanUp(paths, terminal);
    const hadGuard = (await listTablesHere()).includes(guardTable);
    const code = await run(paths, terminal);
    if (code === exitCodes.cannotStart && !hadGuard) await takeGuardAway();
    else terminal.say(await lastWords());
    return code;
  } finally {
    release();
  }
}

/** A start that failed as a whole leaves the firewall as it was; a guard that another `up` keeps is not ours. */
async function takeGuardAway(): Promise<void> {
  if (isGuardedByAnother() || !(await listTablesHere()).includes(guardTable)) return;
  await inThisNamespace((namespace) => namespace.deleteTable(guardTable));
}

/** The checks that need nothing touched come first. */
async function prepareConfig(paths: Paths, terminal: Terminal): Promise<void> {
  checkMachine(paths);
  const pid = holderOf(pidFileOf(paths, 'up'));
  if (pid !== undefined) throw alreadyRunning(paths, pid);
  const written = ensureConfig(paths.config);
  if (written !== undefined) terminal.say(written);
  const { revision } = await loadConfig(paths.config);
  terminal.say(`configuration ${paths.config}, revision ${revision}`);
}

function takeState(paths: Paths): () => void {
  const claim = claimState(paths);
  if (claim.taken) throw alreadyRunning(paths, claim.pid);
  return claim.release;
}

function claimState(paths: Paths): Claim {
  try {
    for (const directory of [paths.state, paths.run, paths.logs])
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    return claimPidFile(pidFileOf(paths, 'up'));
  } catch (error) {
    throw cannotStart(
      `nothing can be written to the state directory ${paths.state} (${(error as Error).message}): make it writable, or choose another with --state`,
    );
  }
}

function alreadyRunning({ state }: Paths, pid: number): CommandError {
  return cannotStart(
    `nftoggle is already running with the state in ${state} (pid ${pid}): \`nftoggle down\` stops it`,
  );
}

/** What a previous life left: its processes, and the mark by which `panic` keeps the guard away. */
async function cleanUp(paths: Paths, terminal: Terminal): Promise<void> {
  for (const name of startOrder) {
    const pid = await endStaleChild(pidFileOf(paths, name), programOf(name), paths.state);
    if (pid !== undefined) terminal.say(`ended ${name} of a previous run (pid ${pid})`);
  }
  const tables = await listTablesHere();
  if (!tables.includes(panicTable)) return;
  await inThisNamespace((namespace) => namespace.deleteTable(panicTable));
  terminal.say('removed the mark that `nftoggle panic` left: guarding again');
}

async function listTablesHere(): Promise<readonly string[]> {
  try {
    return await inThisNamespace((namespace) => namespace.listTables());
  } catch (error) {
    throw cannotStart(`nftables does not work here: ${(error as Error).message}`);
  }
}

async function inThisNamespace<T>(work: (namespace: NetworkNamespace) => Promise<T>): Promise<T> {
  const namespace = new NetworkNamespace('self');
  try {
    return await work(namespace);
  } finally {
    namespace.close();
  }
}

async function run(paths: Paths, terminal: Terminal): Promise<ExitCode> {
  const plans = await planChildren(paths);
  const running = new AbortController();
  const { promise: ended, resolve: end } = Promise.withResolvers<ExitCode>();
  let guarding = false;
  let failed = false;
  const children = new Children(plans, stopOrder, {
    onLine: (name, line) => terminal.logLine(name, line),
    onEnd: (name, childEnd) => {
      if (failed) return;
      if (guarding || !isStartFailure(name, childEnd)) return terminal.childEnd(name, childEnd);
      failed = true;
      terminal.warn(startFailure(name, childEnd, paths));
      end(exitCodes.cannotStart);
    },
  });
  followSignals(children, terminal, end);
  terminal.say(`starting ${startOrder.join(', ')} (logs in ${paths.logs})`);
  children.start();
  const warnOfSilence = (problem: string): void =>
    terminal.warn(`still not guarding: ${problem}. It goes on trying; the logs are in ${paths.logs}`);
  void waitUntilGuarding(paths.socket, running.signal, warnOfSilence).then((status) => {
    if (status === undefined) return;
    guarding = true;
    terminal.say(guardingLine(status));
    if (!status.healthy) terminal.warn(`${whatIsMissing(status)}; the logs are in ${paths.logs}`);
    return watchGuard(paths.socket, status, running.signal, {
      onChange: (line) => terminal.say(line),
      onTrouble: (line) => terminal.warn(line),
    });
  });
  const code = await ended;
  running.abort();
  await children.stop();
  return code;
}

/** The interceptor's lock, an abstract socket of this network namespace; ours is gone by now. */
function isGuardedByAnother(): boolean {
  return readFileSync('/proc/self/net/unix', 'utf8').includes('@nftoggle-interceptor');
}

/**
 * Daemons say by their exit code that another try is of no use; nats-server has no such word. What is not needed to
 * guard is tried again for ever.
 */
function isStartFailure(name: string, { code, signal }: ChildEnd): boolean {
  if (!isNeeded(name)) return false;
  return code === exitCodes.cannotStart || (name === 'nats-server' && signal === null);
}

function startFailure(name: string, { fatal, lastError }: ChildEnd, { logs }: Paths): string {
  if (fatal !== undefined) return `${name} cannot start: ${fatal}`;
  return `${name} cannot start: ${lastError ?? 'it did not say why'} (see ${join(logs, `${name}.log`)})`;
}

function followSignals(children: Children, terminal: Terminal, end: (code: ExitCode) => void): void {
  let asked = 0;
  const onStop = (signal: NodeJS.Signals): void => {
    asked += 1;
    // The children go with us: the kernel ends them when we are gone.
    if (asked > 1) process.exit(exitCodes.failed);
    terminal.say(`${signal}: stopping ${stopOrder.join(', ')}`);
    end(exitCodes.ok);
  };
  process.on('SIGTERM', onStop);
  process.on('SIGINT', onStop);
  process.on('SIGHUP', () => children.signal('SIGHUP', daemons));
}

async function lastWords(): Promise<string> {
  const tables = await listTablesHere().catch((): readonly string[] => []);
  if (!tables.includes(guardTable)) return 'stopped. No guard is loaded: no port is hidden.';
  return 'stopped. The guard stays: guarded ports stay silent, open sessions go on. `nftoggle down` removes it.';
}
