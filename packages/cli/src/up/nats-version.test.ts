// SPDX-License-Identifier: MIT
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { resolvePaths } from '../paths.ts';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';
import { planChildren } from './daemon-plan.ts';
import { natsVersion } from './nats-version.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** What `nats-server` is from now on: a program that says this. */
function install(answer: string): void {
  const directory = temporaryDirectory();
  const file = join(directory, 'nats-server');
  writeFileSync(file, `#!/bin/sh\necho '${answer}'\n`);
  chmodSync(file, 0o755);
  vi.stubEnv('PATH', `${directory}:/usr/bin:/bin`);
}

it('asks the server that is installed for its version', () => {
  vi.stubEnv('PATH', `${process.env.PATH}:/usr/sbin`);
  expect(natsVersion()).toMatch(/^\d+\.\d+\.\d+$/);
  install('nats-server: v2.10.27');
  expect(natsVersion()).toBe('2.10.27');
});

it('knows none where there is no server, or one that says something else', () => {
  vi.stubEnv('PATH', '/nowhere');
  expect(natsVersion()).toBeUndefined();
  install('nats-server: latest');
  expect(natsVersion()).toBeUndefined();
});

it.each([
  ['2.9.10', false],
  ['2.10.27', true],
] as const)('has a server of %s keep on disk what it confirms, where it can: %s', async (version, syncs) => {
  install(`nats-server: v${version}`);
  const paths = resolvePaths({ state: temporaryDirectory() });
  await planChildren(paths);
  expect(readFileSync(paths.natsConfig, 'utf8').includes('sync_interval: always')).toBe(syncs);
});
