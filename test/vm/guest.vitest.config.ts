// SPDX-License-Identifier: MIT
// How tests run inside a virtual machine. Which ones, its command line says.

import { defineConfig } from 'vitest/config';

/** As testkit's `patience`, without loading all of testkit in a machine that is slow. */
const patience = Number(process.env.NFTOGGLE_TEST_PATIENCE ?? 1);

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: ['packages/**/*.test.ts', 'test/e2e/*.test.ts', 'test/vm/*.guest.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000 * patience,
    hookTimeout: 60_000 * patience,
    teardownTimeout: 10_000 * patience,
  },
});
