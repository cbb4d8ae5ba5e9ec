// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';

export interface CommandRun {
  /** What went wrong, in words; null when it ended with 0. Never rejects. */
  readonly ended: Promise<string | null>;
  /** The last 16 kB that it wrote: errors, and all else as well where it `leavesNothing`. */
  output(): string;
  /** Ends it, if it still runs, and all that it has started: politely first, unless there is no time for that. */
  kill(atOnce?: boolean): void;
}

export interface CommandOptions {
  /** Written to its input, which is then closed; without it, it has none. It need not read it. */
  readonly input?: string;
  /** Whom it runs as, without any other group; whoever sets this must be root. Without it: as this process. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Working directory; ours without it. */
  readonly directory?: string;
  /** In milliseconds, after which it is ended. */
  readonly timeout?: number;
  /** Whether what it leaves behind in its process group is ended with it. */
  readonly leavesNothing?: boolean;
}

/** Between the polite signal and the other one, in milliseconds. */
const grace = 1_000;
/** How long the rest of the output of a program that has ended is waited for, in milliseconds. */
const restOfOutput = 100;
const longestComplaint = 200;
const longestOutput = 16 * 1024;

/** Programs that are run without a shell, each in a process group of its own. */
export class Processes {
  readonly #running = new Set<CommandRun>();

  /** `facts` are added to a small environment, and win over it. */
  run(
    argv: readonly string[],
    facts: Readonly<Record<string, string>>,
    options: CommandOptions = {},
  ): CommandRun {
    const run = start(argv, facts, options);
    this.#running.add(run);
    void run.ended.then(() => this.#running.delete(run));
    return run;
  }

  /** Ends all that still run, at once. */
  close(): void {
    for (const run of this.#running) run.kill(true);
  }
}

function start(
  [program = '', ...args]: readonly string[],
  facts: Readonly<Record<string, string>>,
  options: CommandOptions,
): CommandRun {
  try {
    return follow(program, launch(program, args, facts, options), options);
  } catch (error) {
    // What cannot be an argument (a NUL byte), or is too long to be one, is thrown at once.
    const problem = `${program} could not be run: ${(error as Error).message}`;
    return { ended: Promise.resolve(problem), output: () => '', kill: () => undefined };
  }
}

function launch(
  program: string,
  args: readonly string[],
  facts: Readonly<Record<string, string>>,
  { input, user, directory, leavesNothing = false }: CommandOptions,
): ChildProcess {
  // Nothing else of our environment is its business.
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/' } = process.env;
  return spawn(program, args, {
    env: { PATH, HOME, ...facts },
    // What is left behind may go on to write, with nobody to read it.
    stdio: [input === undefined ? 'ignore' : 'pipe', leavesNothing ? 'pipe' : 'ignore', 'pipe'],
    // A process group of its own, so that what it has started ends with it.
    detached: true,
    // With either of them Node drops all supplementary groups (setgroups(2)).
    ...user,
    ...(directory === undefined ? {} : { cwd: directory }),
  });
}

function follow(program: string, child: ChildProcess, options: CommandOptions): CommandRun {
  let complaint = '';
  const output = new Tail();
  child.stdout?.on('data', (bytes: Buffer) => output.add(bytes));
  child.stderr?.on('data', (bytes: Buffer) => {
    output.add(bytes);
    complaint = (complaint + bytes).slice(-longestComplaint);
  });
  // A program that ends, or closes its input, before it has read all of it does no wrong (EPIPE).
  child.stdin?.on('error', () => undefined).end(options.input);
  let running = true;
  let timedOut = false;
  let last: NodeJS.Timeout | undefined;
  const kill = (atOnce = false): void => {
    const { pid } = child;
    if (!running || pid === undefined) return;
    killGroup(pid, atOnce ? 'SIGKILL' : 'SIGTERM');
    // The program may end at once and leave others of its group behind.
    if (!atOnce) last ??= setTimeout(() => killGroup(pid, 'SIGKILL'), grace);
  };
  const expire = (): void => {
    timedOut = true;
    kill();
  };
  const limit = options.timeout;
  const timer = limit === undefined ? undefined : setTimeout(expire, limit);
  const ended = endOf(child, options.leavesNothing === true)
    .then(({ error, code, signal }) => {
      if (error !== undefined) return `${program} could not be run: ${error.message}`;
      if (timedOut) return `${program} was ended: it took longer than ${(limit ?? 0) / 1_000} s`;
      return problemOf(program, code, signal, complaint);
    })
    .finally(() => {
      running = false;
      clearTimeout(timer);
      if (options.leavesNothing === true) clearTimeout(last);
      for (const stream of child.stdio) stream?.destroy();
    });
  return { ended, output: () => output.text(), kill };
}

interface End {
  readonly error?: Error;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function endOf(child: ChildProcess, leavesNothing: boolean): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error, code: null, signal: null }));
    child.once('exit', (code, signal) => {
      if (leavesNothing && child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
      const end = { code, signal };
      // What it leaves behind in the background may keep its output open for ever.
      const patience = setTimeout(() => resolve(end), restOfOutput);
      child.once('close', () => {
        clearTimeout(patience);
        resolve(end);
      });
    });
  });
}

/** The last bytes of what was added. */
class Tail {
  #bytes: Buffer = Buffer.alloc(0);

  add(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]).subarray(-longestOutput);
  }

  text(): string {
    return this.#bytes.toString('utf8');
  }
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
