// SPDX-License-Identifier: MIT
import { createWriteStream, lstatSync, renameSync, rmSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { notReachable, refused } from '../client/ask-daemon.ts';
import { NotReachableError, openAnswer } from '../client/daemon-socket.ts';
import { type SpanOptions, spanQuery } from '../client/span-query.ts';
import { endOfReading } from '../endings.ts';
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
  const { socket } = resolvePaths({ state: options.state });
  const query = spanQuery(options);
  query.set('format', options.format);
  const reading = endOfReading();
  const rows = await open(socket, `/v1/stats/export/${what}?${query}`, reading);
  try {
    if (options.output === undefined) await pipeline(rows, process.stdout, { end: false });
    else await writeFile(rows, options.output);
  } catch (error) {
    if (!reading.aborted) throw incomplete(error as NodeJS.ErrnoException, options.output);
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
  const found = lstatSync(file, { throwIfNoEntry: false });
  const draft = found === undefined || found.isFile() ? `${file}.part` : file;
  try {
    await pipeline(rows, createWriteStream(draft));
  } catch (error) {
    if (draft !== file) rmSync(draft, { force: true });
    throw error;
  }
  if (draft !== file) renameSync(draft, file);
  printLine(process.stderr, `wrote ${file}`);
}

function incomplete(
  { code, message, syscall }: NodeJS.ErrnoException,
  file: string | undefined,
): CommandError {
  if (file !== undefined && syscall !== undefined && code !== 'ECONNRESET')
    return new CommandError(exitCodes.failed, `${file} cannot be written: ${message}`);
  const kept = file === undefined ? 'what was written is not all' : 'no file was written';
  return new CommandError(
    exitCodes.failed,
    `the export broke off, so ${kept}: \`nftoggle status\` shows whether stats answers`,
  );
}
