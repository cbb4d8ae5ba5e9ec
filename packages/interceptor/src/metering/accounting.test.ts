// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { conntrackSettings, meteringMode, switchOnAccounting, switchOnEvents } from './accounting.ts';

function aSetting(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-accounting-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'setting');
  writeFileSync(file, text);
  return file;
}

describe.each([
  { what: 'accounting of connections', switchOn: switchOnAccounting, before: ['0\n', '1\n'] },
  { what: 'events of connections', switchOn: switchOnEvents, before: ['0\n', '1\n', '2\n'] },
])('$what', ({ switchOn, before }) => {
  it.each(before)('is on afterwards when it was %j', (text) => {
    const file = aSetting(text);
    expect(switchOn(file)).toBeNull();
    expect(readFileSync(file, 'utf8').trim()).toBe('1');
  });

  it('cannot be switched on where the kernel does not show it', () => {
    expect(switchOn('/proc/no/such/setting')).toMatch(/ENOENT/);
  });

  it('cannot be switched on where a write changes nothing', () => {
    expect(switchOn('/dev/null')).toBe('/dev/null stays off');
  });
});

it('both settings are found below any directory that shows those of the network', () => {
  expect(conntrackSettings('/host/net')).toEqual({
    accounting: '/host/net/netfilter/nf_conntrack_acct',
    events: '/host/net/netfilter/nf_conntrack_events',
  });
});

it('time is measured where traffic cannot be', () => {
  expect([meteringMode('some problem'), meteringMode(null)]).toEqual(['time', 'traffic']);
});
