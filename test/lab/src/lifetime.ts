// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { runCommand } from './command.ts';

const DIRECTORY = '/run/netns';
const OWNED_NAME = /^nft-(\d+)-\d+-/;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** How long processes that were killed may take to be gone. */
const PATIENCE_MS = 1_000;

/** Namespaces of this process, to be removed at the latest when it ends. */
const owned = new Set<string>();
/** Programs that this process started in them. */
const started = new Set<Killable>();
let counter = 0;
let guarding = false;

export interface Killable {
  kill(signal: NodeJS.Signals): unknown;
}

/**
 * Answers for a program from its start on, until the function that is returned is called. A walk over /proc
 * alone would miss one that has not entered its namespace yet and still would, after all was removed.
 */
export function endWithOwner(program: Killable): () => void {
  started.add(program);
  return () => void started.delete(program);
}

/** The prefix of a new lab's namespaces: it names its owner, so that others can tell a stale lab. */
export function newPrefix(): string {
  counter += 1;
  return `nft-${process.pid}-${counter}-`;
}

/** Adds the namespaces in one go and answers for them from now on. */
export async function addNamespaces(names: readonly string[]): Promise<void> {
  guardOwnEnd();
  for (const name of names) owned.add(name);
  await runCommand(['ip', '-batch', '-'], { input: names.map((name) => `netns add ${name}\n`).join('') });
}

/** Ends whatever still runs in the namespaces, then removes them. Missing ones are fine. */
export function removeNamespaces(names: readonly string[]): void {
  const present = names.filter((name) => existsSync(`${DIRECTORY}/${name}`));
  endProcessesIn(present);
  if (present.length > 0) {
    const input = present.map((name) => `netns del ${name}\n`).join('');
    spawnSync('ip', ['-force', '-batch', '-'], { input });
  }
  for (const name of names) owned.delete(name);
}

/** Walks again as long as there are any: one may start another behind the back of a walk. */
function endProcessesIn(names: readonly string[]): void {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const pids = processesIn(names);
    for (const pid of pids) killQuietly(pid);
    if (pids.length === 0 || performance.now() > deadline) return;
  }
}

/** Removes labs whose owner was killed before it could. */
export function removeStaleNamespaces(): void {
  if (!existsSync(DIRECTORY)) return;
  const stale = readdirSync(DIRECTORY).filter((name) => {
    const owner = OWNED_NAME.exec(name)?.[1];
    return owner !== undefined && !existsSync(`/proc/${owner}`);
  });
  if (stale.length > 0) removeNamespaces(stale);
}

/** One walk over /proc finds the processes of all namespaces, grandchildren and daemons included. */
export function processesIn(names: readonly string[]): readonly number[] {
  const wanted = new Set(names.map((name) => `net:[${statSync(`${DIRECTORY}/${name}`).ino}]`));
  if (wanted.size === 0) return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && wanted.has(networkOf(entry)))
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

function networkOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return ''; // it ended meanwhile, or is a zombie
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended by itself
  }
}

/** Node runs no `exit` handlers when a signal ends it, so signals need handlers of their own. */
function guardOwnEnd(): void {
  if (guarding) return;
  guarding = true;
  process.on('exit', removeAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function onSignal(signal: NodeJS.Signals): void {
  // Whoever else handles the signal stops in their own order; the exit handler then finds the rest.
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  process.off(signal, onSignal);
  process.kill(process.pid, signal);
}

function removeAll(): void {
  for (const program of started) program.kill('SIGKILL');
  removeNamespaces([...owned]);
}
