// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { LogFile } from './log-file.ts';
import { type LogLine, levels, parseLogLine } from './log-line.ts';
import { RestartDelay } from './restart-delay.ts';

export interface ChildPlan {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  readonly pidFile: string;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The error of which its last fatal message tells, or that message, or why it could not be run. */
  readonly fatal: string | undefined;
  /** The last line that it said on stderr: nats-server has no level for why it gave up. */
  readonly lastError: string | undefined;
  /** Milliseconds until it is started again. */
  readonly restartIn: number;
}

export interface ChildListener {
  onLine(name: string, line: LogLine): void;
  /** The child ended by itself. */
  onEnd(name: string, end: ChildEnd): void;
}

/** A child that was asked to stop and has not is killed after this: longer than a daemon's own deadline. */
const stopPatience = 7_000;
const streamPatience = 200;

/**
 * One child that is started again whenever it ends, until it is stopped. It gets a session of its own, so that
 * Ctrl-C in the terminal reaches the supervisor alone and the order of the stop holds; and the kernel ends it
 * when the supervisor dies (PR_SET_PDEATHSIG), however that dies. By SIGKILL: nobody is left who would end a child
 * that hangs, and Node sometimes does while it exits. What a crash may cost is what this may cost.
 */
export class SupervisedChild {
  readonly name: string;
  readonly #plan: ChildPlan;
  readonly #listener: ChildListener;
  readonly #delay = new RestartDelay();
  readonly #log: LogFile;
  #process: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #gone: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(plan: ChildPlan, listener: ChildListener) {
    this.name = plan.name;
    this.#plan = plan;
    this.#listener = listener;
    this.#log = new LogFile(plan.logFile);
  }

  start(): void {
    const started = performance.now();
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...this.#plan.argv], {
      env: this.#plan.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    if (child.pid !== undefined) writeFileSync(this.#plan.pidFile, `${child.pid}\n`, { mode: 0o600 });
    const [stdout, stderr] = [this.#follow(child.stdout), this.#follow(child.stderr)];
    this.#gone = whenGone(child).then(({ code, signal, error }) => {
      const fatal = error ?? stdout.fatal ?? stderr.fatal;
      this.#onGone(started, { code, signal, fatal, lastError: stderr.last });
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends the child and waits until it is gone. It is not started again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.signal('SIGTERM');
    const impatience = setTimeout(() => this.signal('SIGKILL'), stopPatience);
    await this.#gone;
    clearTimeout(impatience);
    this.#log.close();
  }

  #follow(stream: Readable): Heard {
    const heard: Heard = { fatal: undefined, last: undefined };
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (text) => {
      this.#log.append(text);
      const line = parseLogLine(text);
      heard.last = line.message;
      if (line.level >= levels.fatal) heard.fatal = line.cause ?? line.message;
      this.#listener.onLine(this.name, line);
    });
    return heard;
  }

  #onGone(started: number, end: Omit<ChildEnd, 'restartIn'>): void {
    this.#process = undefined;
    rmSync(this.#plan.pidFile, { force: true });
    if (this.#stopping) return;
    const restartIn = this.#delay.after(performance.now() - started);
    this.#timer = setTimeout(() => this.start(), restartIn);
    this.#listener.onEnd(this.name, { ...end, restartIn });
  }
}

/** What a stream said so far. */
interface Heard {
  fatal: string | undefined;
  last: string | undefined;
}

interface Gone {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be run at all. */
  readonly error?: string;
}

/**
 * Resolves when the process is gone and all that it said was read. A process of its own may hold its streams
 * open for ever, so they are given a moment only.
 */
async function whenGone(child: ChildProcess): Promise<Gone> {
  const closed = new Promise((resolve) => child.once('close', resolve));
  const gone = await new Promise<Gone>((resolve) => {
    child.once('error', ({ message: error }) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, error });
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const { promise: waitedLong, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, streamPatience);
  await Promise.race([closed, waitedLong]);
  clearTimeout(timer);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return gone;
}
