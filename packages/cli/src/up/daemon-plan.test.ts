// SPDX-License-Identifier: MIT
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { resolvePaths } from '../paths.ts';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';
import { planChildren } from './daemon-plan.ts';

it('keeps the stores of the bus below the state directory, where nobody else can read them', async () => {
  const paths = resolvePaths({ state: temporaryDirectory() });
  mkdirSync(paths.natsStore, { mode: 0o755 });
  await planChildren(paths);
  expect(paths.natsStore.startsWith(`${paths.state}/`)).toBe(true);
  expect(statSync(paths.natsStore).mode & 0o777).toBe(0o700);
  expect(readFileSync(paths.natsConfig, 'utf8')).toContain(`store_dir: "${paths.natsStore}"`);
});
