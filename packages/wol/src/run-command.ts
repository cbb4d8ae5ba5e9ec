// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';

export interface CommandRun {
  /** What went wrong, in words; null when it ended with 0. Never rejects. */
  readonly ended: Promise<string | null>;
  /** Ends it, if it still runs, and all that it has started: politely first, unless there is no time for that. */
  kill(atOnce?: boolean): void;
}

export interface Commands {
  /** Runs a program without a shell. `facts` are added to a small environment. */
  run(argv: readonly string[], facts: Readonly<Record<string, string>>): CommandRun;
  /** Ends all that still run, at once. */
  close(): void;
}

/** Between the polite signal and the other one. */
const grace = 1_000;
const longestComplaint = 200;

export class Processes implements Commands {
  readonly #running = new Set<CommandRun>();

  run(argv: readonly string[], facts: Readonly<Record<string, string>>): CommandRun {
    const run = start(argv, facts);
    this.#running.add(run);
    void run.ended.then(() => this.#running.delete(run));
    return run;
  }

  close(): void {
    for (const run of this.#running) run.kill(true);
  }
}

function start(
  [program = '', ...args]: readonly string[],
  facts: Readonly<Record<string, string>>,
): CommandRun {
  // Nothing else of our environment is its business.
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/' } = process.env;
  const child = spawn(program, args, {
    env: { PATH, HOME, ...facts },
    stdio: ['ignore', 'ignore', 'pipe'],
    // A process group of its own, so that what it has started ends with it.
    detached: true,
  });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint = (complaint + text).slice(-longestComplaint);
  });
  let running = true;
  const ended = new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(`${program} could not be run: ${error.message}`));
    // Not `close`: what it leaves behind in the background may keep its output open for ever.
    child.once('exit', (code, signal) => {
      // What it wrote last is read in the turns that follow.
      setTimeout(() => resolve(problemOf(program, code, signal, complaint)), 10);
    });
  }).finally(() => {
    running = false;
    child.stderr.destroy();
  });
  const kill = (atOnce = false): void => {
    const { pid } = child;
    if (!running || pid === undefined) return;
    killGroup(pid, atOnce ? 'SIGKILL' : 'SIGTERM');
    // The program may end at once and leave others of its group behind.
    if (!atOnce) setTimeout(() => killGroup(pid, 'SIGKILL'), grace);
  };
  return { ended, kill };
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone.
  }
}

function problemOf(
  program: string,
  code: number | null,
  signal: NodeJS.Signals | null,
  complaint: string,
): string | null {
  if (code === 0) return null;
  const how = code === null ? `was ended by ${signal}` : `ended with ${code}`;
  return `${program} ${how}${complaint.trim() === '' ? '' : `: ${complaint.trim()}`}`;
}
