// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';
import { endOf } from './process-end.ts';

export interface RunOptions {
  readonly input?: string;
  /** The process is killed and the run fails after this many milliseconds. */
  readonly timeoutMs?: number;
  /** A code other than 0 is an answer, not an error. A time-out stays an error. */
  readonly allowFailure?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface RunResult {
  /** 128 + n when signal n ended it, as a shell would say. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly argv: readonly string[];
  readonly result: RunResult;

  constructor(argv: readonly string[], result: RunResult, what = `ended with ${result.code}`) {
    super(`${argv.join(' ')} ${what}: ${(result.stderr || result.stdout).trim()}`);
    this.argv = argv;
    this.result = result;
  }
}

/** Runs a program to its end; no shell ever sees the arguments. */
export async function runCommand(
  argv: readonly string[],
  options: RunOptions = {},
  onStart: (child: ChildProcess) => void = () => undefined,
): Promise<RunResult> {
  const [file, ...args] = argv;
  if (file === undefined) throw new TypeError('argv is empty');
  const child = spawn(file, args, {
    stdio: 'pipe',
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  onStart(child);
  child.stdin.on('error', () => undefined); // EPIPE: it ended without reading its input
  child.stdin.end(options.input ?? '');
  const { result, timedOut } = await finished(child, options.timeoutMs ?? 60_000);
  if (timedOut) throw new CommandFailed(argv, result, `did not end within ${options.timeoutMs ?? 60_000} ms`);
  if (result.code !== 0 && options.allowFailure !== true) throw new CommandFailed(argv, result);
  return result;
}

function finished(
  child: ChildProcess,
  timeoutMs: number,
): Promise<{ readonly result: RunResult; readonly timedOut: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof finished>>>();
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let timedOut = false;
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  child.on('error', reject);
  void endOf(child).then(({ code, signal }) => {
    const result = {
      code: code ?? 128 + (signal === 'SIGKILL' ? 9 : 15),
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
    };
    resolve({ result, timedOut });
  });
  return promise.finally(() => clearTimeout(timer));
}
