// SPDX-License-Identifier: MIT
import type { Hook, Script } from '@nftoggle/config';
import type { CommandOptions, CommandRun } from '@nftoggle/daemon';
import { type Attempt, failed } from './attempt.ts';
import type { Message } from './formats.ts';
import type { Places } from './places.ts';
import { visible } from './plain-text.ts';
import { checkProgram } from './script-check.ts';
import { scriptEnvironment } from './script-environment.ts';
import { findUser } from './script-user.ts';

export interface ScriptTools {
  /** Starts a program; `Processes` of daemon does. */
  readonly run: (
    argv: readonly string[],
    environment: Readonly<Record<string, string>>,
    options: CommandOptions,
  ) => CommandRun;
  /** How many programs of all hooks may run at once. */
  readonly places: Places;
  /** Whether this process is root, so that programs run as somebody else. */
  readonly isRoot: boolean;
  /** Called with what a program wrote, if it wrote anything. */
  readonly onOutput: (hook: string, output: string) => void;
}

/** Runs the program of a hook once. The time that it waits for a place does not count. Never rejects. */
export async function runScript(
  hook: Pick<Hook, 'name' | 'timeout'>,
  script: Script,
  message: Message,
  signal: AbortSignal,
  tools: ScriptTools,
): Promise<Attempt> {
  try {
    return await tools.places.with(signal, () => run(hook, script, message, signal, tools));
  } catch (error) {
    return failed(visible((error as Error).message, 400));
  }
}

async function run(
  { name, timeout }: Pick<Hook, 'name' | 'timeout'>,
  { argv, runAs }: Script,
  { event, test }: Message,
  signal: AbortSignal,
  { run: start, isRoot, onOutput }: ScriptTools,
): Promise<Attempt> {
  const [program = ''] = argv;
  await checkProgram(program);
  const user = isRoot ? await findUser(runAs) : null;
  const who = user === null ? {} : { HOME: user.home, USER: user.name, LOGNAME: user.name };
  const running = start(
    argv,
    { ...who, ...scriptEnvironment(event, test) },
    {
      input: `${JSON.stringify(test ? { ...event, test } : event)}\n`,
      ...(user === null ? {} : { user: { uid: user.uid, gid: user.gid } }),
      directory: '/',
      timeout: timeout * 1_000,
      leavesNothing: true,
    },
  );
  const end = (): void => running.kill();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const problem = await running.ended;
  signal.removeEventListener('abort', end);
  const output = running.output().trim();
  if (output !== '') onOutput(name, output);
  return {
    delivered: problem === null,
    detail: detailOf(program, problem, output),
    refused: false,
    retryAfter: null,
  };
}

/** What it wrote last tells most. */
function detailOf(program: string, problem: string | null, output: string): string {
  if (problem !== null) return visible(problem, 400);
  const last = output.slice(-200).split('\n').at(-1) ?? '';
  return visible(last === '' ? `${program} ended with 0` : `${program} ended with 0: ${last}`, 400);
}
