// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BusUser, busUsers, natsServerConfig, newSeed, publicKeyOf } from '@nftoggle/bus';
import type { Host } from '@nftoggle/lab';
import { gapUs } from './measure-connects.ts';
import type { Measurement } from './measurement.ts';
import type { Scale } from './scale.ts';
import { percentile } from './statistics.ts';

const port = 4222;
const seeds = ofEachUser(newSeed);
const keys = ofEachUser((user) => publicKeyOf(seeds[user]));

function ofEachUser(make: (user: BusUser) => string): Readonly<Record<BusUser, string>> {
  return Object.fromEntries(busUsers.map((user) => [user, make(user)])) as Record<BusUser, string>;
}

/**
 * A question and its answer between two processes over NATS, with nothing decided and no packet near: the part
 * of a first packet's time that is the bus's.
 */
export async function measureBus(host: Host, scale: Scale): Promise<Measurement> {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-bench-nats-'));
  try {
    const rounds = await askInRounds(host, directory, scale);
    const all = rounds.flat();
    const series = {
      p50: percentile(all, 0.5),
      p99: percentile(all, 0.99),
      rounds: rounds.map((us) => percentile(us, 0.5)),
      to: {},
    };
    return { name: 'for scale: one question on the bus', unit: 'us', targets: { bus: series } };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function askInRounds(host: Host, directory: string, scale: Scale): Promise<readonly number[][]> {
  const config = join(directory, 'nats.conf');
  writeFileSync(config, natsServerConfig({ listen: `127.0.0.1:${port}`, storeDirectory: directory, keys }));
  const server = host.start(['nats-server', '-c', config]);
  await server.waitFor(/Server is ready/, 10_000);
  const answers = host.start(scriptOf('bus-answer.ts', 'policy'));
  await answers.waitFor(/^ready$/, 10_000);
  const asks = host.start(scriptOf('bus-ask.ts', 'interceptor'));
  const rounds: number[][] = [];
  for (let round = 0; round <= scale.rounds; round += 1) {
    asks.write(round === 0 ? `${scale.warmUp} 0\n` : `${scale.connects} ${gapUs / 1_000}\n`);
    const pattern = new RegExp(`^round ${round} (.*)`);
    const [, us = '[]'] = await asks.waitFor(pattern, 30_000);
    if (round > 0) rounds.push(JSON.parse(us) as number[]);
  }
  for (const child of [asks, answers, server]) await child.stop();
  return rounds;
}

function scriptOf(name: string, user: BusUser): readonly string[] {
  const script = fileURLToPath(new URL(name, import.meta.url));
  return [process.execPath, script, `nats://127.0.0.1:${port}`, seeds[user]];
}
