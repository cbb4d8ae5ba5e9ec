// SPDX-License-Identifier: MIT
import { CommandError, exitCodes } from '../exit-codes.ts';
import { isGuardLoaded } from '../guard-table.ts';
import { type Answer, getFromDaemon, NotReachableError } from './daemon-socket.ts';

interface Shape<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

const howToRestart = 'restart it: Ctrl-C or SIGTERM to `up`, then `nftoggle up`';
const guardWithoutDaemon =
  'A guard is loaded all the same. It may belong to an nftoggle with another --state; if none runs, guarded ports are silent and nobody new is let in.';

/** What every client command does with the socket; each way to fail has its own exit code and advice. */
export async function askDaemon<T>(socket: string, path: string, shape: Shape<T>): Promise<T> {
  const answer = await reach(socket, path);
  if (answer.status !== 200) throw refused(answer);
  const parsed = shape.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw new CommandError(
    exitCodes.failed,
    `the running nftoggle answered in a form that this command does not know. They are of different versions: ${howToRestart}`,
  );
}

async function reach(socket: string, path: string): Promise<Answer> {
  try {
    return await getFromDaemon(socket, path);
  } catch (error) {
    if (error instanceof NotReachableError) throw await notReachable(socket, error);
    throw error;
  }
}

async function notReachable(socket: string, error: NotReachableError): Promise<CommandError> {
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

/** Statuses other than 200 carry {error, message}; only the message is for people. */
function refused({ status, body }: Answer): CommandError {
  const message = (body as { message?: unknown } | null)?.message;
  const said = typeof message === 'string' ? message : `the daemon answered with status ${status}`;
  return new CommandError(codeOf(status), said);
}

function codeOf(status: number): CommandError['exitCode'] {
  if (status === 400) return exitCodes.usage;
  if (status === 404) return exitCodes.notFound;
  return status === 503 ? exitCodes.notReachable : exitCodes.failed;
}
