// SPDX-License-Identifier: MIT
// What is done about dead letters: one by its id, or all of them.
import { type DeadLetters, DeliveryOutcome } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { CommandError, type ExitCode, exitCodes } from '../exit-codes.ts';
import { printLine } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { outcomeLine } from '../render/outcome-line.ts';
import { askLetters, attemptDeadline, type LettersOptions } from './hooks.ts';

type Letter = DeadLetters['letters'][number];

/** A hook that fails so often in a row is not to be delivered to now, and the rest of its letters can wait. */
const mostFailures = 3;

/** Ends with 1 when one of them is still there. */
export async function retryLetters(what: string | undefined, options: LettersOptions): Promise<ExitCode> {
  const { socket } = resolvePaths({ state: options.state });
  const { letters, more } = await chosenLetters(socket, what, options);
  const failures = new Map<string, number>();
  let [delivered, failed, left] = [0, 0, more];
  for (const letter of letters) {
    const inARow = failures.get(letter.hook) ?? 0;
    if (inARow >= mostFailures) left += 1;
    else if (await (options.all === true ? retryOneOfMany : retry)(socket, letter)) {
      delivered += 1;
      failures.set(letter.hook, 0);
    } else {
      failed += 1;
      failures.set(letter.hook, inARow + 1);
    }
  }
  if (options.all === true) sayAll([`${delivered} delivered`, `${failed} failed`], left, 'not tried');
  return failed + left === 0 ? exitCodes.ok : exitCodes.failed;
}

export async function discardLetters(what: string | undefined, options: LettersOptions): Promise<void> {
  const { socket } = resolvePaths({ state: options.state });
  let discarded = 0;
  for (;;) {
    const { letters, more } = await chosenLetters(socket, what, options);
    const before = discarded;
    for (const { id } of letters) if (await discard(socket, id, options)) discarded += 1;
    if (more === 0 || discarded === before) break;
  }
  printLine(process.stdout, `discarded ${discarded === 1 ? '1 dead letter' : `${discarded} dead letters`}`);
}

/** False where somebody else was faster, and all are to go. */
async function discard(socket: string, id: string, { all = false }: LettersOptions): Promise<boolean> {
  try {
    await askDaemon(socket, { method: 'DELETE', path: `/v1/hooks/letters/${id}` }, DeliveryOutcome);
    return true;
  } catch (error) {
    if (all && isNotThere(error)) return false;
    throw error;
  }
}

/** One whose hook is in the configuration no more, or that somebody else took, is no reason to leave the others. */
async function retryOneOfMany(socket: string, letter: Letter): Promise<boolean> {
  try {
    return await retry(socket, letter);
  } catch (error) {
    if (!isNotThere(error)) throw error;
    printLine(process.stderr, `${letter.id}: ${error.message}`);
    return false;
  }
}

function isNotThere(error: unknown): error is CommandError {
  return error instanceof CommandError && error.exitCode === exitCodes.notFound;
}

async function retry(socket: string, { id, event }: Letter): Promise<boolean> {
  const path = `/v1/hooks/letters/${id}/retry`;
  const question = { method: 'POST', path, body: {}, deadline: attemptDeadline } as const;
  const outcome = await askDaemon(socket, question, DeliveryOutcome);
  printLine(process.stdout, `${outcomeLine(outcome, paintFor(process.stdout), event.type)}`);
  return outcome.delivered;
}

function sayAll(parts: readonly string[], left: number, verb: string): void {
  const rest = left === 0 ? [] : [`${left} ${left === 1 ? 'was' : 'were'} ${verb}: run this again`];
  printLine(process.stdout, [...parts, ...rest].join(', '));
}

/** Oldest first, as the events happened; `more`: those beyond what one answer holds. @throws CommandError */
async function chosenLetters(
  socket: string,
  what: string | undefined,
  { all = false }: LettersOptions,
): Promise<{ readonly letters: readonly Letter[]; readonly more: number }> {
  if (all) {
    const { letters, total } = await askLetters(socket, what);
    return { letters: letters.toReversed(), more: Math.max(0, total - letters.length) };
  }
  if (what === undefined)
    throw new CommandError(
      exitCodes.usage,
      'say which: the id of a dead letter (`nftoggle hooks dead` shows them), or --all',
    );
  const { letters } = await askLetters(socket, undefined);
  return { letters: [theOne(what, letters)], more: 0 };
}

function theOne(beginning: string, letters: readonly Letter[]): Letter {
  const [found, another] = letters.filter(({ id }) => id.startsWith(beginning.toLowerCase()));
  if (found === undefined || beginning === '')
    throw new CommandError(
      exitCodes.notFound,
      `there is no dead letter ${JSON.stringify(beginning)}: \`nftoggle hooks dead\` shows them`,
    );
  if (another !== undefined)
    throw new CommandError(exitCodes.usage, `${beginning} is the beginning of several ids: write more of it`);
  return found;
}
