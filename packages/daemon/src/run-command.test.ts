// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Processes } from './run-command.ts';

const sh = (script: string, ...args: string[]): string[] => ['/bin/sh', '-c', script, ...args];

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nftoggle-run-'));
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
    process.env.NFTOGGLE_NATS_SEED_FILE = '/secret';
    const run = new Processes().run(
      sh('echo "$1 $NFTOGGLE_DEVICE $NFTOGGLE_NATS_SEED_FILE." > "$0"', file, '$(id)'),
      {
        NFTOGGLE_DEVICE: 'nas',
      },
    );
    expect(await run.ended).toBeNull();
    expect(readFileSync(file, 'utf8')).toBe('$(id) nas .\n');
    delete process.env.NFTOGGLE_NATS_SEED_FILE;
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
    const child = Number(await vi.waitFor(() => readFileSync(file, 'utf8')));
    expect(isRunning(child)).toBe(true);
    run.kill();
    expect(await run.ended).toMatch(/was ended by SIGKILL/);
    await vi.waitFor(() => expect(isRunning(child)).toBe(false));
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

const kept = { leavesNothing: true } as const;

describe('a command that leaves nothing', () => {
  it('hands over what it wrote, bounded, though it never ends a line', async () => {
    const big = 'head -c 300000 /dev/zero | tr "\\0" x; printf end >&2';
    const run = new Processes().run(sh(big), {}, kept);
    expect(await run.ended).toBeNull();
    expect(run.output()).toHaveLength(16 * 1024);
    expect(run.output()).toMatch(/^x+(end)?x*$/);
  });

  it('gets its input whole, and need not read any of it', async () => {
    const input = `${'0123456789'.repeat(100_000)}`;
    const reader = new Processes().run(sh('wc -c'), {}, { ...kept, input });
    expect(await reader.ended).toBeNull();
    expect(reader.output().trim()).toBe('1000000');
    expect(await new Processes().run(sh('exec 0<&-; exit 0'), {}, { ...kept, input }).ended).toBeNull();
    expect(await new Processes().run(sh('exit 7'), {}, { ...kept, input }).ended).toBe(
      '/bin/sh ended with 7',
    );
  });

  it('runs where it is told to, as whom it is told to, in no other group', async () => {
    const user = { uid: 65_534, gid: 65_534 };
    const run = new Processes().run(sh('pwd; id -u; id -g; id -G'), {}, { ...kept, user, directory: '/' });
    expect(await run.ended).toBeNull();
    expect(run.output()).toBe('/\n65534\n65534\n65534\n');
  });

  it('is ended after its time, with grandchildren that ignore the polite signal', async () => {
    const file = join(directory, 'grandchild');
    const script =
      'trap "" TERM; (trap "" TERM; sleep 60 & echo $! > "$0.new"; mv "$0.new" "$0"; wait) & sleep 60';
    const run = new Processes().run(sh(script, file), {}, { ...kept, timeout: 1_000 });
    expect(await run.ended).toBe('/bin/sh was ended: it took longer than 1 s');
    const grandchild = Number(readFileSync(file, 'utf8'));
    await vi.waitFor(() => expect(isRunning(grandchild)).toBe(false));
  });

  it('takes what it left in the background with it, and is not waited for because of that', async () => {
    const run = new Processes().run(sh('sleep 60 & echo $!'), {}, kept);
    expect(await run.ended).toBeNull();
    const child = Number(run.output());
    expect(child).toBeGreaterThan(1);
    await vi.waitFor(() => expect(isRunning(child)).toBe(false));
  });

  it('that cannot be run at all says so: too long, or with a NUL byte', async () => {
    expect(await new Processes().run(['/bin/true', 'a\0b'], {}, kept).ended).toMatch(/could not be run/);
    const long = 'x'.repeat(4_000_000);
    expect(await new Processes().run(['/bin/true', long], {}, kept).ended).toMatch(/could not be run/);
  });
});
