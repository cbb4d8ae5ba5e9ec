// SPDX-License-Identifier: MIT
// What the composed system weighs, in a host of the lab: how large its images are, how long it takes from `up` to the first guarded
// port, and what it costs while nothing happens.
//   figures.ts [--seconds N]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createLab } from '@nftoggle/lab';
import type { DaemonName } from '../e2e/running-system.ts';
import { ComposedSystem, project } from './composed-system.ts';

const { values: options } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const names: readonly DaemonName[] = ['interceptor', 'nats-server', 'policy', 'wol', 'hooks', 'stats', 'api'];
/** After it caches are filled and nothing is compiled any more, in milliseconds. */
const settling = 30_000;

const lab = await createLab({ only: ['gateway'] });
const gateway = lab.host('gateway');
const system = await ComposedSystem.prepare(gateway);
await sayImages();
// The first start makes keys and databases; what an owner waits for at each boot is the second.
await system.up();
await system.remove();
await sayStart();
await pause(settling);
const pids = names.map((name) => `${name}=${system.pidOf(name)}`);
const resting = spawn(
  process.execPath,
  [join(project, 'bench/at-rest.ts'), '--seconds', options.seconds, ...pids],
  {
    stdio: 'inherit',
  },
);
await once(resting, 'exit');
await system[Symbol.asyncDispose]();
await lab.close();

async function sayImages(): Promise<void> {
  const format = '{{.Repository}}\t{{.Size}}';
  const { stdout } = await system.engine.docker(['images', '--format', format]);
  console.log(`images\n${stdout.trimEnd()}`);
}

/** Until the table stands in the kernel, and until all daemons answer. */
async function sayStart(): Promise<void> {
  const begun = performance.now();
  const seconds = (): string => `${((performance.now() - begun) / 1_000).toFixed(1)} s`;
  const up = system.up();
  while ((await gateway.run(['nft', 'list', 'table', 'inet', 'nftoggle'], { allowFailure: true })).code !== 0)
    await pause(50);
  console.log(`from \`docker compose up -d\` to guarded ports: ${seconds()}`);
  await up;
  console.log(`… to an answer of every daemon: ${seconds()}`);
}
