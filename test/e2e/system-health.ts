// SPDX-License-Identifier: MIT
// The state of a system by its socket: as `nftoggle status` reads it, without the start of a process.
import { request } from 'node:http';
import { SystemStatus } from '@nftoggle/contracts';
import { eventually } from '@nftoggle/testkit';
import type { DaemonName, RunningSystem } from './running-system.ts';

export async function statusNow(system: RunningSystem): Promise<SystemStatus> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asking = request({ socketPath: system.socket, path: '/v1/status', timeout: 5_000 }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    response.on('error', reject);
  });
  asking.on('timeout', () => asking.destroy(new Error('the api does not answer')));
  asking.on('error', reject);
  asking.end();
  return SystemStatus.parse(JSON.parse(await promise));
}

/** Waits until the system is healthy and none of these old processes is part of it any more. */
export async function recovered(
  system: RunningSystem,
  gone: readonly number[] = [],
  withinMs = 30_000,
): Promise<SystemStatus> {
  return eventually(
    async () => {
      const status = await statusNow(system);
      const pids = [status.interceptor?.pid, status.policy?.pid, status.wol?.pid, natsPid(system)];
      const isNew = pids.every((pid) => pid !== undefined && !gone.includes(pid));
      if (!status.healthy || !isNew) throw new Error(`not recovered: ${JSON.stringify(status)}`);
      return status;
    },
    { withinMs },
  );
}

/** Kills these daemons at once, and says which pids they had. One that is down at the moment is left out. */
export function killNow(system: RunningSystem, names: readonly DaemonName[]): readonly number[] {
  const pids = names.flatMap((name) => pidIfUp(system, name) ?? []);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself: what was to be reached.
    }
  }
  return pids;
}

function natsPid(system: RunningSystem): number | undefined {
  return pidIfUp(system, 'nats-server');
}

function pidIfUp(system: RunningSystem, name: DaemonName): number | undefined {
  try {
    const pid = system.pidOf(name);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}
