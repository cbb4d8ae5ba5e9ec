// SPDX-License-Identifier: MIT
// Every example is a story that `nftoggle demo` tells with real packets, checking each claim as it goes.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '@nftoggle/lab';
import { describe, expect, it } from 'vitest';
import { launcher } from './system.ts';

const examples = readdirSync(join(import.meta.dirname, '../../examples'));

describe('examples', () => {
  it.each(examples)(
    '%s holds what it promises',
    async (name) => {
      const { code, stdout, stderr } = await runCommand([launcher, 'demo', name], {
        allowFailure: true,
        timeoutMs: 170_000,
      });
      expect(stdout.match(/^ {2}✗ .*$/gm) ?? [], stdout + stderr).toEqual([]);
      expect(stdout).toMatch(/^All \d+ claims held\./m);
      expect(code).toBe(0);
    },
    180_000,
  );

  it('there is no demo without an example', async () => {
    const { code, stderr } = await runCommand([launcher, 'demo', 'nothing'], { allowFailure: true });
    expect(code).toBe(6);
    expect(stderr).toContain(examples.join(', '));
  });
});
