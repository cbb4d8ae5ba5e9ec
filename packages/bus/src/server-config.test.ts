// SPDX-License-Identifier: MIT
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newSeed, publicKeyOf } from './key.ts';
import { type BusUser, busUsers } from './permissions.ts';
import { natsServerConfig } from './server-config.ts';

const env = { PATH: `${process.env.PATH}:/usr/sbin` };
const keys = Object.fromEntries(busUsers.map((user) => [user, publicKeyOf(newSeed())]));
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nftoggle-server-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function configOf(version?: string): string {
  return natsServerConfig({
    listen: '127.0.0.1:4222',
    monitor: '127.0.0.1:8222',
    pidFile: join(directory, 'a "pid".file'),
    storeDirectory: join(directory, 'store'),
    keys: keys as Record<BusUser, string>,
    version,
  });
}

describe('the configuration of the server', () => {
  it('is taken by the server that is installed', () => {
    const version = /v(\d+\.\d+\.\d+)/.exec(String(execFileSync('nats-server', ['-v'], { env })))?.[1];
    expect(version).toBeDefined();
    const file = join(directory, 'nats.conf');
    writeFileSync(file, configOf(version));
    execFileSync('nats-server', ['-t', '-c', file], { env, stdio: 'pipe' });
    writeFileSync(file, configOf(version).replace('max_payload', 'most_payload'));
    expect(() => execFileSync('nats-server', ['-t', '-c', file], { env, stdio: 'pipe' })).toThrow(
      /unknown field/,
    );
  });

  it('has what is confirmed on the disk, where the server is new enough to be told', () => {
    for (const version of ['2.10.0', '2.10.27', '2.11.0', '2.12.1-preview.1', '3.0.0'])
      expect(configOf(version), version).toContain('sync_interval: always');
    for (const version of [undefined, '', '2.9.10', '2.9.25', '1.10.0', 'new'])
      expect(configOf(version), version).not.toContain('sync_interval');
  });

  it('lets nobody answer wherever a question says', () => {
    expect(configOf()).not.toContain('allow_responses');
  });
});
