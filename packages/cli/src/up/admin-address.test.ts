// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { addressOf } from './admin-address.ts';

it.each([
  [{ SSH_CONNECTION: '203.0.113.9 50022 192.168.1.1 22' }, '203.0.113.9'],
  [{ SSH_CLIENT: '2001:db8::9 50022 22' }, '2001:db8::9'],
  [{ SSH_CONNECTION: '::ffff:203.0.113.9 50022 ::ffff:192.168.1.1 22' }, '203.0.113.9'],
  [{ SSH_CONNECTION: 'fe80::1%eth0 50022 fe80::2%eth0 22' }, 'fe80::1'],
  [{ SSH_CONNECTION: 'UNKNOWN 65535 UNKNOWN 65535' }, undefined],
  [{}, undefined],
])('reads %j as %s', (env, address) => {
  expect(addressOf(env)).toBe(address);
});

it('finds the connection of a parent when sudo cleaned the environment', () => {
  const module = JSON.stringify(join(import.meta.dirname, 'admin-address.ts'));
  const program = `import { findAdminAddress } from ${module}; console.log(findAdminAddress());`;
  // `: ` keeps the shell alive as the parent: without it, sh would exec its last command.
  const script = 'env -u SSH_CONNECTION "$0" --input-type=module --eval "$1"; :';
  const { stdout } = spawnSync('sh', ['-c', script, process.execPath, program], {
    env: { ...process.env, SSH_CONNECTION: '203.0.113.77 1 192.0.2.1 22' },
    encoding: 'utf8',
  });
  expect(stdout.trim()).toBe('203.0.113.77');
});

it('finds the connection in its own environment when it is the first process, as in a container', () => {
  const module = JSON.stringify(join(import.meta.dirname, 'admin-address.ts'));
  const program = `import { findAdminAddress } from ${module}; console.log(process.pid, findAdminAddress());`;
  const argv = [
    '--pid',
    '--fork',
    '--mount-proc',
    process.execPath,
    '--input-type=module',
    '--eval',
    program,
  ];
  const { stdout } = spawnSync('unshare', argv, {
    env: { ...process.env, SSH_CONNECTION: '203.0.113.77 1 192.0.2.1 22' },
    encoding: 'utf8',
  });
  expect(stdout.trim()).toBe('1 203.0.113.77');
});
