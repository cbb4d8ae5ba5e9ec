// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { projectRoot } from '../paths.ts';

export interface BenchOptions {
  readonly quick?: boolean;
  readonly json?: string;
}

/** Runs `bench/run.ts` in a process of its own: nothing of ours is in its way. */
export async function bench({ quick, json }: BenchOptions): Promise<ExitCode> {
  const options = [...(quick === true ? ['--quick'] : []), ...(json === undefined ? [] : ['--json', json])];
  const child = spawn(process.execPath, [join(projectRoot, 'bench', 'run.ts'), ...options], {
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0 ? exitCodes.ok : exitCodes.failed;
}
