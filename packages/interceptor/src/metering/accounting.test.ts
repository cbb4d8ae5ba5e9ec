// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { meteringMode, switchOnAccounting } from './accounting.ts';

function aSetting(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-accounting-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'nf_conntrack_acct');
  writeFileSync(file, text);
  return file;
}

describe('accounting of connections', () => {
  it.each(['0\n', '1\n'])('is on afterwards when it was %j', (text) => {
    const file = aSetting(text);
    expect(switchOnAccounting(file)).toBeNull();
    expect(readFileSync(file, 'utf8').trim()).toBe('1');
  });

  it('cannot be switched on where the kernel does not show it, and time is measured instead', () => {
    const problem = switchOnAccounting('/proc/no/such/setting');
    expect(problem).toMatch(/ENOENT/);
    expect([meteringMode(problem), meteringMode(null)]).toEqual(['time', 'traffic']);
  });

  it('cannot be switched on where a write changes nothing', () => {
    expect(switchOnAccounting('/dev/null')).toBe('/dev/null stays off');
  });
});
