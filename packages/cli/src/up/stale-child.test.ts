// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';
import { endStaleChild } from './stale-child.ts';

/** A process whose command line says `program`, as a child of `state` would. */
async function startChild(program: string, state: string): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', 'echo ready; while :; do sleep 0.05; done', program], {
    env: { ...process.env, NFTOGGLE_STATE: state },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

function pidFileFor(child: ChildProcess): string {
  const path = join(temporaryDirectory(), 'policy.pid');
  writeFileSync(path, `${child.pid}\n`);
  return path;
}

describe('a child of a previous life', () => {
  it('is ended, and is gone when that is said', async () => {
    const child = await startChild('/opt/policy/main.ts', '/var/lib/a');
    const gone = new Promise((resolve) => child.once('exit', resolve));
    const path = pidFileFor(child);
    expect(await endStaleChild(path, '/opt/policy/main.ts', '/var/lib/a')).toBe(child.pid);
    await gone;
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['of another state', '/opt/policy/main.ts', '/var/lib/b'],
    ['that is another program', '/opt/api/main.ts', '/var/lib/a'],
  ])('is left alone when the number belongs to a process %s', async (_what, program, state) => {
    const child = await startChild(program, state);
    expect(await endStaleChild(pidFileFor(child), '/opt/policy/main.ts', '/var/lib/a')).toBeUndefined();
    await vi.waitFor(() => expect(readFileSync(`/proc/${child.pid}/status`, 'utf8')).toMatch(/State:\t[SR]/));
  });

  it('is none when there is no pid file', async () => {
    expect(await endStaleChild(join(temporaryDirectory(), 'policy.pid'), 'x', '/y')).toBeUndefined();
  });
});
