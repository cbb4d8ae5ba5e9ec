// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Runs a program to its end, as a shell does. */
export async function run(program: string, args: readonly string[]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

/** The command itself, in a network namespace of its own: tests must not see, or touch, a guard of the machine. */
export async function nftoggle(...args: readonly string[]) {
  return run('unshare', ['--net', process.execPath, join(import.meta.dirname, 'main.ts'), ...args]);
}

/**
 * argv that runs a program as nobody, without any privilege over the network. It may read all files, for the
 * checkout need not be where everybody may.
 */
export function asNobody(...argv: readonly string[]): readonly string[] {
  const reader = '-all,+dac_read_search';
  const identity = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  return ['setpriv', ...identity, `--inh-caps=${reader}`, `--ambient-caps=${reader}`, '--', ...argv];
}
