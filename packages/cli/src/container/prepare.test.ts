// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busUsers, publicKeyOf } from '@nftoggle/bus';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { type Paths, resolvePaths } from '../paths.ts';
import { prepare } from './prepare.ts';
import { uidOf } from './users.ts';

let paths: Paths;

beforeEach(() => {
  const state = mkdtempSync(join(tmpdir(), 'nftoggle-prepare-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  paths = resolvePaths({ state });
});

const ownerAndMode = (path: string): string => {
  const { uid, mode } = statSync(path);
  return `${uid} ${(mode & 0o777).toString(8)}`;
};
const seedOf = (user: string): string => readFileSync(join(paths.secrets, `${user}.seed`), 'utf8');

describe('prepare', () => {
  it('makes a configuration, keys, and a directory for each that keeps something, all for who needs it', async () => {
    await prepare(paths);
    expect(readFileSync(paths.config, 'utf8')).toContain('ssh:');
    const seeds = Object.fromEntries(
      busUsers.map((user) => [user, ownerAndMode(join(paths.secrets, `${user}.seed`))]),
    );
    expect(seeds).toEqual({
      interceptor: '0 400',
      policy: '10002 400',
      wol: '10003 400',
      hooks: '0 400',
      stats: '10005 400',
      api: '10006 400',
      tap: '0 400',
    });
    expect(['nats', 'wol', 'stats', 'api'].map((name) => ownerAndMode(join(paths.state, name)))).toEqual([
      '10007 700',
      '10003 700',
      '10005 700',
      '10006 700',
    ]);
    expect(ownerAndMode(paths.natsConfig)).toBe('10007 400');
    const config = readFileSync(paths.natsConfig, 'utf8');
    for (const user of busUsers) {
      expect(config).toContain(publicKeyOf(seedOf(user).trim()));
      expect(config).not.toContain(seedOf(user).trim());
    }
  });

  it('leaves keys and the configuration as they are when it is called again', async () => {
    await prepare(paths);
    const [seeds, config] = [busUsers.map(seedOf), readFileSync(paths.config, 'utf8')];
    await prepare(paths);
    expect([busUsers.map(seedOf), readFileSync(paths.config, 'utf8')]).toEqual([seeds, config]);
  });

  it('makes no key and changes nothing for a configuration that is wrong, and says what is', async () => {
    writeFileSync(paths.config, 'version: 1\nservices:\n  ssh: { port: 22 }\n');
    await expect(prepare(paths)).rejects.toThrow(/services\.ssh\.port: The key "port" is not known/);
    expect(() => statSync(paths.secrets)).toThrow(/ENOENT/);
  });
});

it('docker-compose.yml runs each program as the user whose key it has', () => {
  const file = join(import.meta.dirname, '../../../../docker-compose.yml');
  const { services } = parse(readFileSync(file, 'utf8'), { merge: true }) as {
    services: Record<string, { user?: string }>;
  };
  const users = Object.keys(uidOf).map((name) => [name, Number(services[name]?.user?.split(':')[0] ?? 0)]);
  expect(Object.fromEntries(users)).toEqual(uidOf);
});
