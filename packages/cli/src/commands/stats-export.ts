// SPDX-License-Identifier: MIT
import { randomUUID } from 'node:crypto';
import { chmodSync, createWriteStream, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { notReachable, refused } from '../client/ask-daemon.ts';
import { NotReachableError, openAnswer } from '../client/daemon-socket.ts';
import { type SpanOptions, spanQuery } from '../client/span-query.ts';
import { endOfReading, interruption } from '../endings.ts';
import { CommandError, exitCodes } from '../exit-codes.ts';
import { printLine } from '../output.ts';
import { resolvePaths } from '../paths.ts';

export interface ExportOptions extends SpanOptions {
  readonly state?: string;
  readonly format: 'csv' | 'json' | 'ndjson';
  /** A file; standard output when it is absent. */
  readonly output?: string;
}

/** In milliseconds: the daemon asks several times for each page before it gives up. */
const silence = 60_000;

/** Writes all the rows as they come, however many there are. */
export async function exportStats(what: string, options: ExportOptions): Promise<void> {
  const { output: file } = options;
  if (file === '') throw new CommandError(exitCodes.usage, '-o: the name of a file is missing');
  const { socket } = resolvePaths({ state: options.state });
  const query = spanQuery(options);
  query.set('format', options.format);
  const [reading, interrupted] = [endOfReading(), interruption()];
  try {
    const signal = AbortSignal.any([reading, interrupted]);
    const rows = await open(socket, `/v1/stats/export/${what}?${query}`, signal);
    if (file === undefined) await pipeline(rows, process.stdout, { end: false });
    else await writeFile(rows, file);
  } catch (error) {
    if (reading.aborted) return;
    if (interrupted.aborted) throw new CommandError(exitCodes.failed, `interrupted: ${whatIsLeft(file)}`);
    throw error instanceof CommandError ? error : incomplete(error as NodeJS.ErrnoException, file);
  }
}

async function open(socket: string, path: string, signal: AbortSignal): Promise<Readable> {
  try {
    const answer = await openAnswer(socket, { path, signal, silence });
    if ('status' in answer) throw refused(answer);
    return answer;
  } catch (error) {
    throw error instanceof NotReachableError ? await notReachable(socket, error) : error;
  }
}

/** A file is there when it is whole; what is none, such as a pipe, is written as it is. */
async function writeFile(rows: Readable, file: string): Promise<void> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) await pipeline(rows, createWriteStream(file));
  else if (found === undefined) await writeWhole(rows, file);
  // Where a link leads to; and who could not read the one before cannot read the new one.
  else await writeWhole(rows, realpathSync(file), found.mode & 0o777);
  printLine(process.stderr, `wrote ${file}`);
}

async function writeWhole(rows: Readable, file: string, mode?: number): Promise<void> {
  const draft = `${file}.${randomUUID().slice(0, 8)}.part`;
  try {
    // Exclusively: in a directory of everybody's, a link that waits there must not be followed.
    await pipeline(rows, createWriteStream(draft, { flags: 'wx', ...(mode === undefined ? {} : { mode }) }));
    if (mode !== undefined) chmodSync(draft, mode);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function whatIsLeft(file: string | undefined): string {
  return file === undefined ? 'what was written is not all' : 'no file was written';
}

function incomplete(
  { code, message, syscall }: NodeJS.ErrnoException,
  file: string | undefined,
): CommandError {
  if (file !== undefined && syscall !== undefined && code !== 'ECONNRESET')
    return new CommandError(exitCodes.failed, `${file} cannot be written: ${message}`);
  return new CommandError(
    exitCodes.failed,
    `the export broke off, so ${whatIsLeft(file)}: \`nftoggle status\` shows whether stats answers`,
  );
}
