// SPDX-License-Identifier: MIT
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resolvePaths } from '../paths.ts';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';
import { planChildren } from './daemon-plan.ts';
import { ensureSecrets, secretFile } from './secrets.ts';

it('keeps the stores of the bus below the state directory, where nobody else can read them', async () => {
  const paths = resolvePaths({ state: temporaryDirectory() });
  mkdirSync(paths.natsStore, { mode: 0o755 });
  await planChildren(paths);
  expect(paths.natsStore.startsWith(`${paths.state}/`)).toBe(true);
  expect(statSync(paths.natsStore).mode & 0o777).toBe(0o700);
  expect(readFileSync(paths.natsConfig, 'utf8')).toContain(`store_dir: "${paths.natsStore}"`);
});

it('gives an installation of before the secret of a daemon that is new, and leaves it the others', async () => {
  const paths = resolvePaths({ state: temporaryDirectory() });
  const { wol, ...before } = ensureSecrets(paths.secrets);
  rmSync(secretFile(paths.secrets, 'wol'));
  const plans = await planChildren(paths);
  const { wol: made, ...kept } = ensureSecrets(paths.secrets);
  expect(kept).toEqual(before);
  expect(made).not.toBe(wol);
  const plan = plans.find(({ name }) => name === 'wol');
  expect(plan?.env.NFTOGGLE_NATS_PASSWORD_FILE).toBe(secretFile(paths.secrets, 'wol'));
  expect(plan?.pidFile).toBe(join(paths.run, 'wol.pid'));
  const config = readFileSync(paths.natsConfig, 'utf8');
  for (const password of [made, ...Object.values(before)]) expect(config).toContain(password);
});
