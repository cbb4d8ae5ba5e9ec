// SPDX-License-Identifier: MIT
// ./nftoggle itself, in bash: what it does alone, and what it installs.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from './paths.ts';
import { asNobody, run } from './run-program.fixture.ts';
import { temporaryDirectory } from './temporary-directory.fixture.ts';

const launcher = join(projectRoot, 'nftoggle');

describe('panic', () => {
  /** Where a guard and a table of somebody else are loaded; tells which tables are there afterwards. */
  async function panic(...args: readonly string[]) {
    const script = `nft add table inet nftoggle; nft add table inet other
      PATH=/usr/sbin:/usr/bin:/bin "$@"; code=$?; echo; nft list tables; exit $code`;
    const result = await run('unshare', ['--net', 'sh', '-c', script, 'sh', launcher, 'panic', ...args]);
    return { ...result, tables: result.stdout.match(/^table .*/gm) };
  }
  const untouched = ['table inet nftoggle', 'table inet other'];
  const removed = ['table inet other', 'table inet nftoggle-panic'];

  it.each([[[]], [['--state', '/nowhere']], [['--state=/nowhere']]])(
    'removes the guard and leaves a mark for a living interceptor, with bash and nft alone: %j',
    async (args) => {
      const { code, stdout, tables } = await panic(...args);
      expect(stdout).toContain('PANIC: table inet nftoggle is removed');
      expect([code, tables]).toEqual([0, removed]);
    },
  );

  it.each([[['--help']], [['-h']], [['--state', 'x', '--help']]])(
    'shows help and disarms nothing: %j',
    async (args) => {
      const { code, stdout, stderr, tables } = await panic(...args);
      expect(stdout).toContain('Usage: nftoggle panic');
      expect([code, stderr, tables]).toEqual([0, '', untouched]);
    },
  );

  it.each([[['extra']], [['--stat', 'x']], [['--state', 'x', 'extra']]])(
    'does nothing on a command line that it does not understand: %j',
    async (args) => {
      const { code, stderr, tables } = await panic(...args);
      expect(stderr).toMatch(/^nftoggle: panic does not know ".*", so nothing was done.*\n$/);
      expect([code, tables]).toEqual([2, untouched]);
    },
  );

  it('is no error where nothing is guarded, and may be repeated', async () => {
    const script = `${launcher} panic && ${launcher} panic`;
    const { code, stdout } = await run('unshare', ['--net', 'sh', '-c', script]);
    expect(code).toBe(0);
    expect(stdout).toContain('nothing was guarded');
  });

  it.each([
    ['is not root', asNobody(launcher, 'panic')],
    ['is a root without the privilege', ['setpriv', '--bounding-set=-net_admin', launcher, 'panic']],
  ])('says in one line what it needs to one who %s', async (_who, [program = '', ...args]) => {
    expect(await run(program, args)).toEqual({
      code: 3,
      stdout: '',
      stderr: 'nftoggle: `panic` changes the firewall and needs root (CAP_NET_ADMIN): run it with sudo\n',
    });
  });
});

describe('a checkout in which nothing is installed', () => {
  /** Its setup notes how it was called, and fails as one without a network does. */
  function freshCheckout() {
    const root = temporaryDirectory();
    const calls = join(root, 'calls');
    mkdirSync(join(root, 'toolchain'));
    copyFileSync(launcher, join(root, 'nftoggle'));
    writeFileSync(join(root, 'toolchain', 'setup.sh'), `#!/bin/sh\necho "$*" >>${calls}\nexit 1\n`, {
      mode: 0o755,
    });
    return {
      nftoggle: (...args: readonly string[]) => run(join(root, 'nftoggle'), args),
      calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8') : ''),
    };
  }

  it.each([
    ['up', '--quiet\n'],
    ['demo', '--quiet --demo\n'],
    ['test', '--quiet --test\n'],
    ['setup', '\n'],
  ])('gets what it lacks by `%s`, which ends when that fails', async (command, expected) => {
    const { nftoggle, calls } = freshCheckout();
    expect(await nftoggle(command)).toMatchObject({ code: 1, stdout: '' });
    expect(calls()).toBe(expected);
  });

  it.each([
    [['status']],
    [['why', 'nas', 'ssh']],
    [['check', 'x.yml']],
    [['down']],
    [['stauts']],
    [['--version']],
  ])('is left alone by %j, which says what to do first', async (args) => {
    const { nftoggle, calls } = freshCheckout();
    const { code, stdout, stderr } = await nftoggle(...args);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('run `nftoggle setup` first');
    expect(calls()).toBe('');
  });

  it.each([[[]], [['help']], [['help', 'up']], [['--help']], [['up', '--help']], [['demo', '-h']]])(
    'is left alone by %j, which shows what there is',
    async (args) => {
      const { nftoggle, calls } = freshCheckout();
      const { code, stdout, stderr } = await nftoggle(...args);
      expect([code, stderr]).toEqual([0, '']);
      for (const command of ['setup', 'demo', 'up', 'down', 'panic', 'test'])
        expect(stdout).toContain(`\n  nftoggle ${command} `);
      expect(calls()).toBe('');
    },
  );
});
