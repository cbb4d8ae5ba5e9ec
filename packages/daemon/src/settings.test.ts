// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { natsPassword, readSettings } from './settings.ts';
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

  it('take the password from its file, without the line end', () => {
    const directory = mkdtempSync(join(tmpdir(), 'nftoggle-settings-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'password');
    writeFileSync(file, 'secret\n');
    expect(natsPassword(readSettings({ NFTOGGLE_NATS_PASSWORD_FILE: file }))).toBe('secret');
  });

  it('say which file with the password is missing', () => {
    const settings = readSettings({ NFTOGGLE_NATS_PASSWORD_FILE: '/nowhere/password' });
    expect(() => natsPassword(settings)).toThrow(/NFTOGGLE_NATS_PASSWORD_FILE .*\/nowhere\/password/);
  });
});
