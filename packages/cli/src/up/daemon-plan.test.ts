// SPDX-License-Identifier: MIT
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { busUsers } from '@nftoggle/bus';
import { expect, it } from 'vitest';
import { resolvePaths } from '../paths.ts';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';
import { type ChildName, planChildren, startOrder, stopOrder } from './daemon-plan.ts';
import { ensureKeys, seedFile } from './keys.ts';

it('keeps the stores of the bus below the state directory, where nobody else can read them', async () => {
  const paths = resolvePaths({ state: temporaryDirectory() });
  mkdirSync(paths.natsStore, { mode: 0o755 });
  await planChildren(paths);
  expect(paths.natsStore.startsWith(`${paths.state}/`)).toBe(true);
  expect(statSync(paths.natsStore).mode & 0o777).toBe(0o700);
  expect(readFileSync(paths.natsConfig, 'utf8')).toContain(`store_dir: "${paths.natsStore}"`);
});

it('gives an installation of before the keys of daemons that are new, and leaves it the others', async () => {
  const paths = resolvePaths({ state: temporaryDirectory() });
  const { hooks, stats, ...before } = ensureKeys(paths.secrets);
  for (const name of ['hooks', 'stats'] as const) rmSync(seedFile(paths.secrets, name));
  const plans = await planChildren(paths);
  const { hooks: newHooks, stats: newStats, ...kept } = ensureKeys(paths.secrets);
  expect(kept).toEqual(before);
  expect([newHooks, newStats]).not.toContain(hooks);
  expect([newHooks, newStats]).not.toContain(stats);
  const config = readFileSync(paths.natsConfig, 'utf8');
  for (const key of [newHooks, newStats, ...Object.values(before)]) expect(config).toContain(key);
  for (const user of busUsers)
    expect(config).not.toContain(readFileSync(seedFile(paths.secrets, user), 'utf8').trim());
  for (const name of ['hooks', 'stats'] as const) {
    const plan = plans.find((one) => one.name === name);
    expect(plan?.env.NFTOGGLE_NATS_SEED_FILE).toBe(seedFile(paths.secrets, name));
    expect(statSync(seedFile(paths.secrets, name)).mode & 0o777).toBe(0o400);
    expect(plan?.pidFile).toBe(join(paths.run, `${name}.pid`));
  }
});

it('stops every child that it starts, whoever publishes before who stores, and the bus last', () => {
  expect(stopOrder.toSorted()).toEqual(startOrder.toSorted());
  const place = (name: ChildName) => stopOrder.indexOf(name);
  for (const publisher of ['api', 'policy', 'interceptor', 'wol', 'hooks'] as const)
    expect(place(publisher), publisher).toBeLessThan(place('stats'));
  expect(stopOrder.at(-1)).toBe('nats-server');
});

it('gives each daemon a place for metrics on the loopback interface, and all the same runtime directory', async () => {
  const paths = resolvePaths({ state: temporaryDirectory() });
  const plans = (await planChildren(paths)).filter(({ name }) => name !== 'nats-server');
  const places = Object.fromEntries(plans.map(({ name, env }) => [name, env.NFTOGGLE_METRICS]));
  expect(places).toEqual({
    interceptor: '127.0.0.1:9470',
    policy: '127.0.0.1:9471',
    wol: '127.0.0.1:9472',
    hooks: '127.0.0.1:9473',
    stats: '127.0.0.1:9474',
    api: '127.0.0.1:9475',
  });
  for (const { env } of plans) expect(env.NFTOGGLE_RUN).toBe(join(paths.state, 'run'));
  expect(statSync(paths.runtime).mode & 0o777).toBe(0o700);
  expect(resolvePaths({})).toMatchObject({
    runtime: '/run/nftoggle',
    socket: '/run/nftoggle/daemon.sock',
    run: '/var/lib/nftoggle/run',
  });
});
