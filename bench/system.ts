// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemStatus } from '@nftoggle/contracts';
import type { Host } from '@nftoggle/lab';
import { sources } from './network.ts';

const cli = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url));

export interface System {
  /** The line that it prints when it guards. */
  readonly guarding: string;
  status(): Promise<SystemStatus>;
  stop(): Promise<void>;
}

/** Starts all of nftoggle on that machine, and returns when it guards. */
export async function startSystem(host: Host, text: string): Promise<System> {
  const state = mkdtempSync(join(tmpdir(), 'nftoggle-bench-'));
  const config = join(state, 'nftoggle.yml');
  writeFileSync(config, text);
  const child = host.start([process.execPath, cli, 'up', '--config', config, '--state', state]);
  const stop = async (): Promise<void> => {
    await child.stop('SIGTERM', 10_000);
    rmSync(state, { recursive: true, force: true });
  };
  try {
    const [guarding] = await child.waitFor(/guarding .*/, 60_000);
    return { guarding, status: () => statusOf(host, state), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function statusOf(host: Host, state: string): Promise<SystemStatus> {
  const { stdout } = await host.run([process.execPath, cli, 'status', '-o', 'json', '--state', state]);
  return SystemStatus.parse(JSON.parse(stdout));
}

/** The limits are out of the way: what is measured is how fast decisions can be, not how fast they may be. */
export function configuration(ports: readonly number[], devices = '', services = ''): string {
  return `version: 1
node: bench
${devices}services:
  bench:
    ports: [${ports.map((port) => `${port}/tcp`).join(', ')}]
    deny: [${refused.ipv4}, "${refused.ipv6}"]
    allow: [${sources.ipv4.network}, "${sources.ipv6.network}", 203.0.113.7, "2001:db8:a::7"]
${services}limits:
  known_per_second: 1000000
  sessions: 262144
`;
}

/** Sources that get no answer: where they do, nothing is guarded and the figures are worth nothing. */
export const refused = { ipv4: '10.77.255.255', ipv6: '2001:db8:77:ffff::/64' } as const;
