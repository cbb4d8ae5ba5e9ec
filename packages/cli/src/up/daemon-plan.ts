// SPDX-License-Identifier: MIT
import { join } from 'node:path';
import { natsServerConfig } from '@nftoggle/bus';
import type { Daemon } from '@nftoggle/contracts';
import { type Paths, pidFileOf, projectRoot } from '../paths.ts';
import { ensureKeys, seedFile } from './keys.ts';
import { ensureLoopbackPort } from './loopback-port.ts';
import { natsVersion } from './nats-version.ts';
import { ensurePrivateDirectory, ensureRuntimeDirectory, writePrivately } from './private-files.ts';
import type { ChildPlan } from './supervised-child.ts';

/** The interceptor starts first: it guards before there is a bus to ask on. */
export const startOrder = ['interceptor', 'nats-server', 'policy', 'wol', 'stats', 'hooks', 'api'] as const;
/**
 * Who asks stops before who answers, and who publishes before who stores: stats hears the last words of all others.
 * The bus goes last. An event that is not stored by then waits in its stream, on disk.
 */
export const stopOrder: readonly ChildName[] = [
  'api',
  'policy',
  'interceptor',
  'wol',
  'hooks',
  'stats',
  'nats-server',
];
export type ChildName = (typeof startOrder)[number];

/** Those without which ports are guarded and questions answered all the same: `up` does not end with them. */
const optional: ReadonlySet<string> = new Set<ChildName>(['hooks', 'stats']);

export function isNeeded(name: string): boolean {
  return !optional.has(name);
}

/** Where each daemon answers `GET /metrics`, on the loopback interface alone. */
export const metricsPorts: Readonly<Record<Daemon, number>> = {
  interceptor: 9470,
  policy: 9471,
  wol: 9472,
  hooks: 9473,
  stats: 9474,
  api: 9475,
};

/** The argument by which a process is known as ours, beside its state directory. */
export function programOf(name: ChildName): string {
  return name === 'nats-server' ? name : join(projectRoot, 'packages', name, 'src', 'main.ts');
}

/** Makes the bus's keys, port, configuration and place for its stores, and says how each child is started. */
export async function planChildren(paths: Paths): Promise<readonly ChildPlan[]> {
  const keys = ensureKeys(paths.secrets);
  ensureRuntimeDirectory(paths.runtime);
  const port = await ensureLoopbackPort(paths.natsPort);
  const pidFile = join(paths.state, 'nats.pid');
  const storeDirectory = ensurePrivateDirectory(paths.natsStore);
  const listen = `127.0.0.1:${port}`;
  const version = natsVersion();
  writePrivately(paths.natsConfig, natsServerConfig({ listen, pidFile, storeDirectory, keys, version }));
  return startOrder.map((name) => ({
    name,
    argv: argvOf(name, paths),
    env: { ...process.env, ...settingsOf(name, paths, port) },
    logFile: join(paths.logs, `${name}.log`),
    pidFile: pidFileOf(paths, name),
  }));
}

function argvOf(name: ChildName, paths: Paths): readonly string[] {
  if (name === 'nats-server') return [name, '-c', paths.natsConfig];
  return [process.execPath, programOf(name)];
}

/** nats-server gets its state directory too: by that `down` and a later `up` know whose it is. */
function settingsOf(name: ChildName, paths: Paths, port: number): Record<string, string> {
  if (name === 'nats-server') return { NFTOGGLE_STATE: paths.state };
  return {
    NFTOGGLE_CONFIG: paths.config,
    NFTOGGLE_STATE: paths.state,
    NFTOGGLE_RUN: paths.runtime,
    NFTOGGLE_SOCKET: paths.socket,
    NFTOGGLE_METRICS: `127.0.0.1:${metricsPorts[name]}`,
    NFTOGGLE_NATS_URL: `nats://127.0.0.1:${port}`,
    NFTOGGLE_NATS_SEED_FILE: seedFile(paths.secrets, name satisfies Daemon),
  };
}
