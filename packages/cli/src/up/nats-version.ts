// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';

/** Of the nats-server that is installed, such as `2.10.27`; undefined when there is none, or it does not say. */
export function natsVersion(): string | undefined {
  const { stdout } = spawnSync('nats-server', ['--version'], { encoding: 'utf8', timeout: 5_000 });
  return /\bv(\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1];
}
