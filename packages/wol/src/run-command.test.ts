// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Processes } from './run-command.ts';

const sh = (script: string, ...args: string[]): string[] => ['/bin/sh', '-c', script, ...args];

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nftoggle-wol-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const isRunning = (pid: number): boolean => {
  try {
    // A zombie has ended: whoever inherits it has not looked yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('a command', () => {
  it('is told whom to wake, gets its arguments as they are, and nothing of our environment', async () => {
    const file = join(directory, 'seen');
    process.env.NFTOGGLE_NATS_PASSWORD_FILE = '/secret';
    const run = new Processes().run(
      sh('echo "$1 $NFTOGGLE_DEVICE $NFTOGGLE_NATS_PASSWORD_FILE." > "$0"', file, '$(id)'),
      {
        NFTOGGLE_DEVICE: 'nas',
      },
    );
    expect(await run.ended).toBeNull();
    expect(readFileSync(file, 'utf8')).toBe('$(id) nas .\n');
    delete process.env.NFTOGGLE_NATS_PASSWORD_FILE;
  });

  it('that fails is told with what it complained of', async () => {
    const processes = new Processes();
    expect(await processes.run(sh('echo no such domain >&2; exit 3'), {}).ended).toBe(
      '/bin/sh ended with 3: no such domain',
    );
    expect(await processes.run(['/nowhere/wake'], {}).ended).toMatch(
      /^\/nowhere\/wake could not be run: .*ENOENT/,
    );
  });

  it('is ended with all that it has started', async () => {
    const file = join(directory, 'child');
    // Both ignore the polite signal.
    const run = new Processes().run(
      sh('trap "" TERM; sleep 60 & echo $! > "$0.new"; mv "$0.new" "$0"; wait; sleep 60', file),
      {},
    );
    const child = Number(await eventually(() => readFileSync(file, 'utf8')));
    expect(isRunning(child)).toBe(true);
    run.kill();
    expect(await run.ended).toMatch(/was ended by SIGKILL/);
    await eventually(() => !isRunning(child));
  });

  it('does not outlive the daemon', async () => {
    const processes = new Processes();
    const run = processes.run(sh('trap "" TERM; sleep 60'), {});
    processes.close();
    expect(await run.ended).toMatch(/SIGKILL/);
  });

  it('that has ended is not ended again: its process number may be that of another', async () => {
    const run = new Processes().run(sh('true'), {});
    await run.ended;
    run.kill();
  });
});
