// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referencePages } from '../scripts/reference-pages.ts';

const directory = join(import.meta.dirname, '../docs/reference');
const pages = referencePages();

describe('docs/reference', () => {
  it.each([...pages])('has %s as it is generated now (if not: `pnpm generate`)', (name, text) => {
    const committed = readdirSync(directory).includes(name)
      ? readFileSync(join(directory, name), 'utf8')
      : '';
    expect(committed, 'run `pnpm generate`').toBe(text);
  });

  it('has no page that nothing generates any more', () => {
    expect(readdirSync(directory).filter((name) => !pages.has(name))).toEqual([]);
  });

  it('names every command with its help', () => {
    const page = pages.get('cli.md') ?? '';
    for (const command of ['up', 'down', 'panic', 'status', 'why', 'check'])
      expect(page).toContain(`## nftoggle ${command}\n`);
  });
});
