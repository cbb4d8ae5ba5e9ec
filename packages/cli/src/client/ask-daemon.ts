// SPDX-License-Identifier: MIT
import { CommandError, exitCodes } from '../exit-codes.ts';
import { isGuardLoaded } from '../guard-table.ts';
import { type Answer, NotReachableError, type Question, sendToDaemon } from './daemon-socket.ts';

interface Shape<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

const howToRestart = 'restart it: Ctrl-C or SIGTERM to `up`, then `nftoggle up`';
const guardWithoutDaemon =
  'A guard is loaded all the same. It may belong to an nftoggle with another --state; if none runs, guarded ports are silent and nobody new is let in.';

/** What every client command does with the socket; each way to fail has its own exit code and advice. */
export async function askDaemon<T>(socket: string, question: Question, shape: Shape<T>): Promise<T> {
  const answer = await reach(socket, question);
  if (answer.status < 200 || answer.status > 299) throw refused(answer);
  const parsed = shape.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw otherVersion('answered in a form that this command does not know');
}

function otherVersion(how: string): CommandError {
  return new CommandError(
    exitCodes.failed,
    `the running nftoggle ${how}. They are of different versions: ${howToRestart}`,
  );
}

async function reach(socket: string, question: Question): Promise<Answer> {
  try {
    return await sendToDaemon(socket, question);
  } catch (error) {
    if (error instanceof NotReachableError) throw await notReachable(socket, error);
    throw error;
  }
}

/** What the one at the keyboard should do about it. */
export async function notReachable(socket: string, error: NotReachableError): Promise<CommandError> {
  return new CommandError(exitCodes.notReachable, await adviceFor(socket, error.reason), { cause: error });
}

async function adviceFor(socket: string, reason: string): Promise<string> {
  if (reason === 'EACCES') return `you may not use the socket ${socket}: run this command as root`;
  if (reason !== 'ENOENT' && reason !== 'ECONNREFUSED' && reason !== 'ENOTDIR')
    return `the daemon at ${socket} does not answer (${reason}): see its log, or ${howToRestart}`;
  const advice = 'nftoggle is not running here: start it with `nftoggle up`';
  if ((await isGuardLoaded()) !== true) return advice;
  return `${advice}\n${guardWithoutDaemon}`;
}

/** Statuses of no success carry {error, message}; only the message is for people. */
export function refused({ status, body }: Answer): CommandError {
  const { error, message } = (body ?? {}) as { error?: unknown; message?: unknown };
  if (error === 'unknown_route') return otherVersion('does not know this question');
  const said = typeof message === 'string' ? message : `the daemon answered with status ${status}`;
  return new CommandError(codeOf(status, error), said);
}

/** By the statuses that the api gives to refusals. */
function codeOf(status: number, error: unknown): CommandError['exitCode'] {
  if (status === 400 || status === 422) return exitCodes.usage;
  if (status === 404 || error === 'no_allowance') return exitCodes.notFound;
  return status === 503 ? exitCodes.notReachable : exitCodes.failed;
}
