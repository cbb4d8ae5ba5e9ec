// SPDX-License-Identifier: MIT
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSeed } from '@nftoggle/bus';
import { describe, expect, it, onTestFinished } from 'vitest';
import { natsSeed, readSettings, type Settings } from './settings.ts';
import { StartError } from './start-error.ts';

describe('settings', () => {
  it('have a default for everything', () => {
    expect(readSettings({})).toMatchObject({
      NFTOGGLE_CONFIG: '/etc/nftoggle/nftoggle.yml',
      NFTOGGLE_SOCKET: '/run/nftoggle/daemon.sock',
      NFTOGGLE_LOG_LEVEL: 'info',
    });
  });

  it('name the variable that is wrong', () => {
    expect(() => readSettings({ NFTOGGLE_LOG_LEVEL: 'loud' })).toThrow(StartError);
    expect(() => readSettings({ NFTOGGLE_LOG_LEVEL: 'loud' })).toThrow(
      /^the environment is wrong: NFTOGGLE_LOG_LEVEL: /,
    );
  });

  it('take the seed from its file, without the line end', () => {
    const seed = newSeed();
    expect(natsSeed(withSeedFile(`${seed}\n`, 0o600))).toBe(seed);
    expect(natsSeed(withSeedFile(seed, 0o400))).toBe(seed);
    expect(natsSeed(readSettings({}))).toBe('');
  });

  it('say which file with the seed is missing', () => {
    const settings = readSettings({ NFTOGGLE_NATS_SEED_FILE: '/nowhere/seed' });
    expect(() => natsSeed(settings)).toThrow(StartError);
    expect(() => natsSeed(settings)).toThrow(/NFTOGGLE_NATS_SEED_FILE .*\/nowhere\/seed/);
  });

  it.each(['640', '604', '620', '410', '777'])('refuse a seed that others may use: mode %s', (mode) => {
    const settings = withSeedFile(`${newSeed()}\n`, Number.parseInt(mode, 8));
    const file = settings.NFTOGGLE_NATS_SEED_FILE;
    expect(() => natsSeed(settings)).toThrow(StartError);
    expect(() => natsSeed(settings)).toThrow(`chmod go= ${file}`);
    chmodSync(file, 0o600);
    expect(natsSeed(settings)).toMatch(/^SU/);
  });

  it.each(['', 'secret', '{"seed": 1}'])('refuse what is no seed, and do not tell it: %j', (text) => {
    const settings = withSeedFile(text, 0o600);
    const read = () => natsSeed(settings);
    expect(read).toThrow(StartError);
    expect(read).toThrow(
      `NFTOGGLE_NATS_SEED_FILE: ${settings.NFTOGGLE_NATS_SEED_FILE}: this is not the seed of a NATS user, \`SU\` and 56 more characters`,
    );
  });
});

function withSeedFile(text: string, mode: number): Settings {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-settings-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'seed');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return readSettings({ NFTOGGLE_NATS_SEED_FILE: file });
}
