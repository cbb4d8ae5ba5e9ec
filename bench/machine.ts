// SPDX-License-Identifier: MIT
import { cpus, release } from 'node:os';
import { runCommand } from '@nftoggle/lab';

/** What the figures depend on beside the programs themselves. */
export interface Machine {
  readonly kernel: string;
  readonly cpus: number;
  readonly cpu: string;
  readonly node: string;
  readonly nats: string;
}

export async function describeMachine(): Promise<Machine> {
  const { stdout } = await runCommand(['nats-server', '--version']);
  return {
    kernel: release(),
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    node: process.version,
    nats: stdout.trim().replace(/^nats-server: /, ''),
  };
}
