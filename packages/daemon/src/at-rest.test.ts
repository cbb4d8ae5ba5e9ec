// SPDX-License-Identifier: MIT
// What a daemon has to pay for while nothing happens.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs a module of this directory's own in a process that then rests; resolves with what it said and how to look at it. */
async function resting(code: string): Promise<{ said: string; wakeUps(): number }> {
  const program = `${code}\nsetInterval(() => {}, 2 ** 30);`;
  const argv = ['--input-type=module', '--eval', program];
  const child = spawn(process.execPath, argv, {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const status = `/proc/${child.pid}/status`;
  const wakeUps = (): number => Number(/^voluntary_\S+\s+(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1]);
  return { said: said.toString().trim(), wakeUps };
}

describe('a process at rest', () => {
  it('is not woken by its metrics', async () => {
    const ours = await resting(
      "const { Metrics } = await import('./metrics.ts'); new Metrics('wol').addProcess(); console.log('ready');",
    );
    const sampled = await resting(
      "import { monitorEventLoopDelay } from 'node:perf_hooks'; monitorEventLoopDelay().enable(); console.log('ready');",
    );
    const before = [ours.wakeUps(), sampled.wakeUps()] as const;
    await sleep(3_000);
    expect(sampled.wakeUps() - before[1]).toBeGreaterThan(100);
    expect(ours.wakeUps() - before[0]).toBeLessThan(50);
  }, 20_000);

  it('has not loaded what HTTP has for browsers', async () => {
    const isLoaded = "process.moduleLoadList.some((name) => name.endsWith('undici/undici'))";
    const ours = await resting(`await import('./metrics-server.ts'); console.log(${isLoaded});`);
    const imported = await resting(`await import('node:http'); console.log(${isLoaded});`);
    expect([ours.said, imported.said]).toEqual(['false', 'true']);
  }, 20_000);
});
