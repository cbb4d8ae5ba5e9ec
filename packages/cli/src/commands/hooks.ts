// SPDX-License-Identifier: MIT
import { DeadLetters, DeliveryOutcome, HooksStatus } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { askTimezone } from '../client/timezone.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type OutputFormat, outputWidth, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { hooksPage } from '../render/hooks-page.ts';
import { lettersPage } from '../render/letters-page.ts';
import { outcomeLine } from '../render/outcome-line.ts';
import { readCount } from './count-argument.ts';

export interface HooksOptions {
  readonly state?: string;
  readonly output: OutputFormat;
}

export interface LettersOptions {
  readonly state?: string;
  readonly all?: boolean;
}

/** Longer than the daemon gives one attempt, in milliseconds. */
export const attemptDeadline = 70_000;

const usualLetters = 30;
const mostLetters = 500;

export async function listHooks({ state, output }: HooksOptions): Promise<void> {
  const { socket } = resolvePaths({ state });
  const status = await askDaemon(socket, { path: '/v1/hooks' }, HooksStatus);
  printAnswer(output, status, () => hooksPage(status, paintFor(process.stdout)));
}

/** Ends with 1 when the example did not get there. */
export async function testHook(
  name: string,
  { state, output, type }: HooksOptions & { readonly type?: string },
): Promise<ExitCode> {
  const { socket } = resolvePaths({ state });
  const path = `/v1/hooks/${encodeURIComponent(name)}/test`;
  const body = type === undefined ? {} : { type };
  const question = { method: 'POST', path, body, deadline: attemptDeadline } as const;
  const outcome = await askDaemon(socket, question, DeliveryOutcome);
  printAnswer(output, outcome, () => outcomeLine(outcome, paintFor(process.stdout)));
  return outcome.delivered ? exitCodes.ok : exitCodes.failed;
}

/** Scripts get the letters alone: `[]` where there are none. */
export async function listLetters(
  hook: string | undefined,
  options: HooksOptions & { readonly limit?: string },
): Promise<void> {
  const { socket } = resolvePaths({ state: options.state });
  const limit =
    options.limit === undefined ? usualLetters : readCount('--limit', options.limit, 1, mostLetters);
  const [found, zone] = await Promise.all([askLetters(socket, hook, limit), askTimezone(socket)]);
  const frame = { now: new Date(), width: outputWidth(), paint: paintFor(process.stdout) };
  printAnswer(options.output, found.letters, () => lettersPage(found, zone, frame));
}

export function askLetters(
  socket: string,
  hook: string | undefined,
  limit = mostLetters,
): Promise<DeadLetters> {
  const query = new URLSearchParams({ limit: String(limit) });
  if (hook !== undefined) query.set('hook', hook);
  return askDaemon(socket, { path: `/v1/hooks/letters?${query}` }, DeadLetters);
}
