// SPDX-License-Identifier: MIT
import { printLine } from '../output.ts';
import { type Format, paintFor } from '../paint.ts';
import { Echoes } from './echoes.ts';
import { formatLogLine, type LogLine, levels } from './log-line.ts';
import { RepeatedEnds } from './repeated-ends.ts';
import type { ChildEnd } from './supervised-child.ts';

/** What `up` tells the person at the terminal: few lines of its own, and what goes wrong in a child. */
export class Terminal {
  readonly #verbose: boolean;
  readonly #echoes = new Echoes();
  readonly #repeats = new RepeatedEnds();

  constructor(verbose: boolean) {
    this.#verbose = verbose;
    // A terminal that is closed, or a pipe that nobody reads, must not end the guard.
    process.stdout.on('error', () => undefined);
    process.stderr.on('error', () => undefined);
  }

  say(text: string): void {
    printLine(process.stdout, text);
  }

  warn(text: string): void {
    printLine(process.stderr, paintFor(process.stderr)('yellow', text));
  }

  /** A fatal line waits for the end of its child, which tells whether it is the end of everything. */
  logLine(name: string, line: LogLine): void {
    if (line.level >= levels.fatal) return;
    if (this.#verbose || (line.level >= levels.warn && !this.#isEcho(name, line))) this.#print(name, line);
  }

  #isEcho(name: string, { level, message }: LogLine): boolean {
    return level >= levels.error && this.#echoes.has(name, message, performance.now());
  }

  /** Of a child that ends again and again for the same reason, only once a minute. */
  childEnd(name: string, end: ChildEnd): void {
    if (!this.#verbose && this.#repeats.has(name, end, performance.now())) return;
    const how = end.signal ?? `code ${end.code ?? '?'}`;
    const why = end.fatal === undefined ? '' : `: ${end.fatal.replace(/\s*\n\s*/g, ' ')}`;
    const again = end.restartIn === 0 ? 'starting it again' : `starting it again in ${end.restartIn} ms`;
    this.#print(name, { level: levels.warn, message: `ended (${how}${why}), ${again}` });
  }

  #print(name: string, line: LogLine): void {
    const text = formatLogLine(name, line, new Date());
    printLine(process.stderr, paintFor(process.stderr)(colourOf(line.level), text));
  }
}

function colourOf(level: number): Format {
  if (level >= levels.error) return 'red';
  return level >= levels.warn ? 'yellow' : 'dim';
}
