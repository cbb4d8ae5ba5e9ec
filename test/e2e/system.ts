// SPDX-License-Identifier: MIT
// The whole system, started as a user starts it, inside a host of the lab: by `nftoggle up`, or by `docker compose up`
// where NFTOGGLE_SYSTEM is `compose`.
import type { Host } from '@nftoggle/lab';
import type { RunningSystem } from './running-system.ts';
import { UpSystem } from './up-system.ts';

export { type DaemonName, launcher } from './running-system.ts';

export type System = RunningSystem;

export interface SystemOptions {
  /** A directory with programs, secrets and places for results of hooks; a container of hooks has it by this path, too. */
  readonly forHooks?: string;
}

export const isComposed = readKind(process.env.NFTOGGLE_SYSTEM) === 'compose';

export const System = {
  /** Resolves when it guards and all daemons answer. */
  async start(host: Host, config: string, options: SystemOptions = {}): Promise<System> {
    if (!isComposed) return UpSystem.start(host, config);
    const { ComposedSystem, withVolume } = await import('../docker/composed-system.ts');
    const { forHooks } = options;
    return ComposedSystem.start(host, config, forHooks === undefined ? {} : withVolume('hooks', forHooks));
  },
};

function readKind(kind = 'up'): 'up' | 'compose' {
  if (kind === 'up' || kind === 'compose') return kind;
  throw new TypeError(`NFTOGGLE_SYSTEM is "${kind}": up or compose is expected`);
}
