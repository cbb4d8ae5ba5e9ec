// SPDX-License-Identifier: MIT
import { defineConfig } from 'vitest/config';

/**
 * Run a second time, against the system that `docker compose up` starts. What else is in test/e2e stays with `up`:
 * - death, removal, failures, boot: of `up` itself, its process, its files, its `down`.
 * - event-chaos: of the bus's port and database files, under more deaths than an engine restarts within its time.
 * - deadlines: their windows are seconds long, and begin before the start of the system.
 * - reconfigure-revokes, ruleset, countries, wake-death, wake-many, wake-ends, many-sessions, many-scans, statistics,
 *   guarding-begins, flood-events: of kernel and decisions, which do not know who started the daemons, and long;
 *   test/docker/composed.test.ts has the deaths of containers.
 * - examples: of the launcher and its demos.
 */
const composed = [
  'authorised',
  'invisible',
  'sides',
  'reconfigure',
  'grants',
  'allowances',
  'wake-reach',
  'wake-denied',
  'hooks',
];

/** Machines with two processors of their own: beside them nothing else could keep its time. */
const virtual = ['test/vm/**/*.test.ts', 'test/boot/**/*.test.ts'];

export default defineConfig({
  test: {
    exclude: ['**/node_modules/**'],
    // Processes rather than threads: labs are owned by a process and are removed when it ends.
    pool: 'forks',
    // Tests with real packets measure time; more workers than cores would measure the others.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['packages/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...virtual],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'composed',
          include: composed.map((name) => `test/e2e/${name}.test.ts`),
          env: { NFTOGGLE_SYSTEM: 'compose' },
          // Images are built once for all files.
          globalSetup: ['test/docker/prepare-images.ts'],
          // An engine starts before the system does.
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: 'virtual', include: virtual, fileParallelism: false, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
