// SPDX-License-Identifier: MIT
// What a configuration says by itself, without a daemon.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Explanation, Schedule } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { nftoggle } from './run-program.fixture.ts';
import { temporaryDirectory } from './temporary-directory.fixture.ts';

const config = `version: 1
timezone: Europe/Berlin
devices:
  console: { mac: 0c:fe:45:12:34:56, address: 192.168.1.30 }
people:
  leo: { role: child, devices: [console] }
groups:
  friends: [tom.dyn.example]
services:
  ssh: { ports: [22/tcp], allow: [lan] }
  web: { ports: [443/tcp], allow: ["country:DE"] }
  minecraft:
    ports: [25565/tcp]
    allow:
      - { from: console, windows: mon-fri 16:00-18:00, allowance: { daily: 90m } }
      - friends
`;

function configFile(text = config): string {
  const file = join(temporaryDirectory(), 'nftoggle.yml');
  writeFileSync(file, text);
  return file;
}

const notes = [
  'this is what the file says by itself: grants that are open are not known here',
  'allowances count as unused',
  'names are not looked up offline, so nobody is let in by tom.dyn.example',
];

describe('why, of a file', () => {
  it('answers for any time, and says what it cannot know', async () => {
    const args = ['console', 'minecraft', '--at', '2026-11-27T15:00', '--config', configFile()];
    const { code, stdout, stderr } = await nftoggle('why', ...args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^deny: minecraft is open for console/);
    expect(stdout).toMatch(/^ {2}asked about +.*15:00 \(Europe\/Berlin\)$/m);
    expect(stdout).toMatch(/^ {2}next allowed +.*16:00 \(Europe\/Berlin\), 1 h later$/m);
    for (const note of notes) expect(stdout).toContain(`\nnote: ${note}\n`);
  });

  it('gives scripts the explanation, and the notes beside it', async () => {
    const args = ['leo', 'minecraft', '--at', '2026-11-27T17:30', '--config', configFile(), '-o', 'json'];
    const answer: Explanation & { notes: string[] } = JSON.parse((await nftoggle('why', ...args)).stdout);
    expect(answer).toMatchObject({
      decision: 'allow',
      reason: 'rule_allows',
      rule: 'services.minecraft.allow[0]',
      until: '2026-11-27T17:00:00.000Z',
      bound: 'window_end',
      accounts: ['service.minecraft.console'],
      notes,
    });
  });

  it('knows in which country an address is', async () => {
    const args = ['why', '85.214.132.117', 'web', '--config', configFile(), '-o', 'json'];
    expect(JSON.parse((await nftoggle(...args)).stdout)).toMatchObject({ decision: 'allow' });
  });

  it.each([
    [['console', 'minecarft'], 6, 'Did you mean the service "minecraft"?'],
    [['nobody', 'minecraft'], 6, 'nobody'],
    [['console', 'minecraft', '--at', 'whenever'], 2, 'is not a moment'],
    [['console', 'minecraft', '--state', '/nowhere'], 2, 'cannot be used with'],
  ])('ends with the code of the daemon, and its message: %j', async (args, expected, message) => {
    const { code, stdout, stderr } = await nftoggle('why', ...args, '--config', configFile());
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toContain(message);
  });

  it('ends with 3 for a wrong file, with its place', async () => {
    const { code, stdout, stderr } = await nftoggle(
      'why',
      'a',
      'b',
      '--config',
      configFile('version: 1\nx: 1\n'),
    );
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/nftoggle\.yml:2:1: /);
  });
});

describe('schedule, of a file', () => {
  it('draws the days to come', async () => {
    const { code, stdout, stderr } = await nftoggle('schedule', 'minecraft', '--config', configFile());
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('minecraft for console\n');
    expect(stdout).toContain('····▒▒▒▒····');
    expect(stdout).toContain('16:00-18:00, max 1h30m\n');
    for (const note of notes) expect(stdout).toContain(`note: ${note}\n`);
  });

  it('gives scripts the schedule, and the notes beside it', async () => {
    const args = ['schedule', 'leo', '--days', '3', '--config', configFile(), '-o', 'json'];
    const answer: Schedule = JSON.parse((await nftoggle(...args)).stdout);
    expect(answer).toMatchObject({ subject: 'leo', timezone: 'Europe/Berlin', notes });
    expect(answer.days).toHaveLength(3);
  });

  it('ends with 6 for a name that nothing has', async () => {
    const { code, stdout, stderr } = await nftoggle('schedule', 'loe', '--config', configFile());
    expect([code, stdout]).toEqual([6, '']);
    expect(stderr).toContain('leo');
  });
});
