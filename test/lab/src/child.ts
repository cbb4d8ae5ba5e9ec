// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Exit, endOf } from './process-end.ts';

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface OutputLine {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** A long-running process and everything it has printed, line by line, from its first line on. */
export class Child {
  readonly pid: number;
  /** Resolves once the process is gone and its output is read to the end. Never rejects. */
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #argv: readonly string[];
  readonly #lines: OutputLine[] = [];
  readonly #wakeups = new Set<() => void>();
  #exit: Exit | undefined;

  constructor(argv: readonly string[], options: ChildOptions = {}) {
    const [file, ...args] = argv;
    if (file === undefined) throw new TypeError('argv is empty');
    this.#argv = argv;
    this.#process = spawn(file, args, {
      stdio: 'pipe',
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.#process.on('error', (error) => this.#add('stderr', String(error)));
    this.#process.stdin?.on('error', () => undefined); // EPIPE: it ended without reading
    if (this.#process.pid === undefined) throw new Error(`cannot start ${argv.join(' ')}`);
    this.pid = this.#process.pid;
    this.#read('stdout', this.#process.stdout);
    this.#read('stderr', this.#process.stderr);
    this.exited = this.#watchExit();
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  /** What was printed so far on both streams, in order of arrival. */
  get output(): readonly OutputLine[] {
    return this.#lines;
  }

  /** Every stdout line from the beginning, until the process ends. Several readers may iterate. */
  get stdout(): AsyncIterable<string> {
    return this.#stdoutLines();
  }

  /** Writes to the standard input. */
  write(text: string): void {
    this.#process.stdin?.write(text);
  }

  /** Closes the standard input. */
  endInput(): void {
    this.#process.stdin?.end();
  }

  /** The first line, already printed or still to come, on either stream, that matches. */
  async waitFor(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const match = await this.waitUntil(() => this.#firstMatch(pattern), timeoutMs);
    if (match !== undefined) return match;
    const why = this.running ? `not within ${timeoutMs} ms` : 'it ended before';
    throw new Error(`${this.#argv.join(' ')}: ${pattern} ${why}; printed:\n${this.#transcript()}`);
  }

  /** Asks `check` after every line until it answers; undefined when time is up or the process ended. */
  async waitUntil<T>(check: () => T | undefined, timeoutMs: number): Promise<T | undefined> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const ended = !this.running;
      const answer = check();
      const left = deadline - performance.now();
      if (answer !== undefined || ended || left <= 0) return answer;
      await this.#nextChange(left);
    }
  }

  /** Sends the signal, and SIGKILL if the process has not ended within the grace time. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 5000): Promise<Exit> {
    if (!this.running) return this.exited;
    this.#process.kill(signal);
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), graceMs);
    const exit = await this.exited;
    clearTimeout(killer);
    return exit;
  }

  /** Sends a signal and does not wait. */
  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async #watchExit(): Promise<Exit> {
    const exit = await endOf(this.#process);
    this.#exit = exit;
    this.#wake();
    return exit;
  }

  #read(stream: OutputLine['stream'], source: Readable | null): void {
    if (source === null) return;
    createInterface({ input: source }).on('line', (text) => this.#add(stream, text));
  }

  #add(stream: OutputLine['stream'], text: string): void {
    this.#lines.push({ stream, text });
    this.#wake();
  }

  #wake(): void {
    for (const wakeup of this.#wakeups) wakeup();
    this.#wakeups.clear();
  }

  #nextChange(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    this.#wakeups.add(resolve);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#wakeups.delete(resolve);
    });
  }

  #firstMatch(pattern: RegExp): RegExpExecArray | undefined {
    for (const line of this.#lines) {
      const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(line.text);
      if (match !== null) return match;
    }
    return undefined;
  }

  async *#stdoutLines(): AsyncGenerator<string> {
    let next = 0;
    for (;;) {
      const ended = !this.running;
      for (let line = this.#lines[next]; line !== undefined; line = this.#lines[next]) {
        next += 1;
        if (line.stream === 'stdout') yield line.text;
      }
      if (ended) return;
      if (this.#lines.length === next && this.running) await this.#nextChange(60_000);
    }
  }

  #transcript(): string {
    return this.#lines
      .slice(-40)
      .map((line) => `  ${line.stream}: ${line.text}`)
      .join('\n');
  }
}
