// SPDX-License-Identifier: MIT
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCommand } from '@nftoggle/lab';

const here = fileURLToPath(new URL('.', import.meta.url));
const flags = ['-O2', '-Wall', '-Wextra', '-Werror'];

export interface Programs {
  /** Opens many connections and times them. */
  readonly connects: string;
  /** Accepts connections and closes them. */
  readonly acceptLoop: string;
  /** The yardstick. */
  readonly queueLoop: string;
}

/** Compiles the C programs of this directory. */
export async function buildPrograms(): Promise<Programs> {
  mkdirSync(`${here}build`, { recursive: true });
  const [connects, acceptLoop, queueLoop] = await Promise.all([
    build('connects'),
    build('accept-loop'),
    build('queue-loop', ['-lnetfilter_queue', '-lmnl']),
  ]);
  return { connects, acceptLoop, queueLoop };
}

async function build(name: string, libraries: readonly string[] = []): Promise<string> {
  const program = `${here}build/${name}`;
  await runCommand(['cc', ...flags, '-o', program, `${here}${name}.c`, ...libraries]);
  return program;
}
