// SPDX-License-Identifier: MIT
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { labObstacles } from './available.ts';
import { Child } from './child.ts';
import { createLab } from './lab.ts';

const OWNER = `
import { createLab } from '${fileURLToPath(new URL('./index.ts', import.meta.url))}';
const lab = await createLab({ only: ['gateway'] });
const sleeper = lab.host('gateway').start(['sleep', '600']);
console.log('owns ' + lab.host('gateway').path + ' ' + sleeper.pid);
if (process.argv.includes('throw')) throw new Error('as told');
`;

async function startOwner(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const argv = [process.execPath, '--input-type=module-typescript', '-e', OWNER, '--', ...args];
  const owner = new Child(argv, { env });
  const [, path = '', pid = ''] = await owner.waitFor(/^owns (\S+) (\d+)/, 20_000);
  return { owner, path, sleeper: Number(pid) };
}

/** A directory for PATH in which `nsenter` takes for ever to enter a namespace with `sleep`. */
function slowDoor(): string {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-lab-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const script = `#!/bin/sh
case "$*" in *' sleep '*) exec sleep 600 ;; esac
PATH=\${PATH#*:} exec nsenter "$@"
`;
  writeFileSync(join(directory, 'nsenter'), script, { mode: 0o755 });
  return directory;
}

/** A killed process may stay for a while as a zombie, until init collects it. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function expectGone(pid: number): Promise<void> {
  await expect.poll(() => isRunning(pid), { timeout: 5000, interval: 10 }).toBe(false);
}

describe.skipIf(labObstacles().length > 0)('the life of a lab', () => {
  it('ends with close: programs, their own children, namespaces', async () => {
    const lab = await createLab({ only: ['gateway'] });
    const host = lab.host('gateway');
    const parent = host.start(['sh', '-c', 'setsid sleep 600 & echo child $!; wait']);
    const [, child = ''] = await parent.waitFor(/^child (\d+)/, 5000);
    await lab.close();
    expect(parent.running).toBe(false);
    await expectGone(Number(child));
    expect(existsSync(host.path)).toBe(false);
    await lab.close();
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends when its owner gets %s', async (signal) => {
    const { owner, path, sleeper } = await startOwner();
    expect(await owner.stop(signal)).toEqual({ code: null, signal });
    expect(existsSync(path)).toBe(false);
    await expectGone(sleeper);
  });

  it('ends with its owner when a program of it has not entered its namespace yet', async () => {
    const { owner, sleeper } = await startOwner([], { PATH: `${slowDoor()}:${process.env.PATH}` });
    expect(isRunning(sleeper)).toBe(true);
    await owner.stop('SIGTERM');
    await expectGone(sleeper);
  });

  it('ends when its owner throws', async () => {
    const { owner, path, sleeper } = await startOwner(['throw']);
    expect((await owner.exited).code).toBe(1);
    expect(existsSync(path)).toBe(false);
    await expectGone(sleeper);
  });

  it('is removed by the next lab when its owner was killed', async () => {
    const { owner, path, sleeper } = await startOwner();
    await owner.stop('SIGKILL');
    const next = await createLab({ only: ['gateway'] });
    await next.close();
    expect(existsSync(path)).toBe(false);
    await expectGone(sleeper);
  });

  it('is left alone by the next lab while its owner lives', async () => {
    const { owner, path } = await startOwner();
    const next = await createLab({ only: ['gateway'] });
    await next.close();
    expect(existsSync(path)).toBe(true);
    await owner.stop();
  });
});
