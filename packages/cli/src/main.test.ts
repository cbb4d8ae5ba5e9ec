// SPDX-License-Identifier: MIT
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const main = `${import.meta.dirname}/main.ts`;

it.each(['--help', 'stats --help', 'version'])(
  '`nftoggle %s` takes it well when nobody reads on',
  async (args) => {
    // The reader is gone before a word is said.
    const script = `{ sleep 0.2; exec ${process.execPath} ${main} ${args}; } | true; echo \${PIPESTATUS[0]}`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script]);
    expect([stdout, stderr]).toEqual(['0\n', '']);
  },
);
