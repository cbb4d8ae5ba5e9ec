// SPDX-License-Identifier: MIT
import { existsSync, globSync, readFileSync } from 'node:fs';
import { Child, createLab, type Host, type Lab } from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Engine } from './engine.ts';
import { importNeighbour, startNeighbour } from './neighbours.ts';

// Docker takes its time where there is other work.
vi.setConfig({ testTimeout: 180_000 });

let lab: Lab;
let gateway: Host;

beforeAll(async () => {
  lab = await createLab({ only: ['gateway'] });
  gateway = lab.host('gateway');
}, 20 * 60_000);
afterAll(() => lab?.close());

const mounts = (): string => readFileSync('/proc/self/mountinfo', 'utf8');
const cgroupsOf = (name: string): readonly string[] =>
  globSync([`/sys/fs/cgroup/${name}`, `/sys/fs/cgroup/*/${name}`]);
/** Processes in containers of one engine, wherever they hide. */
const contained = (cgroup: string): number =>
  globSync('/proc/[0-9]*/cgroup').filter((path) => readQuietly(path).includes(`/${cgroup}/`)).length;

it('containers run in the network of the host, and nothing of them is left afterwards', async () => {
  const before = mounts();
  const engine = await Engine.start(gateway);
  const { directory, cgroup } = engine.machine;
  try {
    await importNeighbour(engine);
    await startNeighbour(engine, 'web', { port: 8080 });
    expect(contained(cgroup)).toBeGreaterThan(0);
    expect(cgroupsOf(cgroup).length).toBeGreaterThan(0);
    expect((await gateway.run(['nft', 'list', 'ruleset'])).stdout).toMatch(/dport 8080/);
    expect(mounts()).toBe(before);
  } finally {
    await engine[Symbol.asyncDispose]();
  }
  expect(contained(cgroup)).toBe(0);
  expect(existsSync(directory)).toBe(false);
  expect(cgroupsOf(cgroup)).toEqual([]);
});

it('an owner that is killed takes its engine along, and the next one removes the rest', async () => {
  const owner = new Child([process.execPath, `${import.meta.dirname}/programs/engine-owner.ts`]);
  const [, directory = '', pid = ''] = await owner.waitFor(/^engine (\S+) (\d+)$/, 120_000);
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  owner.kill('SIGKILL');
  await owner.exited;
  await eventually(() => !existsSync(`/proc/${pid}`));
  expect(existsSync(directory)).toBe(true);
  await using _next = await Engine.start(gateway);
  expect(existsSync(directory)).toBe(false);
  expect(cgroupsOf(directory.slice(directory.lastIndexOf('/') + 1))).toEqual([]);
});

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}
