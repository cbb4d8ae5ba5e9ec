// SPDX-License-Identifier: MIT
// What was loaded at boot becomes the whole guard, in place.
import { connect, createLab, type Lab, startTcpEcho } from '@nftoggle/lab';
import { type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { bootOf, goldenConfigs, goldenNames } from './golden.fixture.ts';

type Kernel = typeof import('../kernel.fixture.ts');
const ssh = goldenConfigs['one-local-service'];
const shutting = goldenNames.filter((name) => bootOf(goldenConfigs[name]) !== null);

let lab: Lab;
let inside: Inside<Kernel>;
let kernel: Inside<Kernel>['call'];

beforeAll(async () => {
  lab = await createLab({ only: ['gateway', 'scanner'], nat: false });
  inside = await startInside<Kernel>(lab.host('gateway'), new URL('../kernel.fixture.ts', import.meta.url));
  kernel = inside.call;
});
afterEach(() => kernel.nftRun('flush ruleset'));
afterAll(async () => {
  await inside?.close();
  await lab?.close();
});

const contents = async (): Promise<readonly string[]> =>
  (await kernel.listing())
    .replace(/^table inet nftoggle \{\n|\n\}\n$/g, '')
    .split('\n\n')
    .sort();

it.each(shutting)('becomes golden/%s.nft, to the letter', async (name) => {
  await kernel.apply(goldenConfigs[name]);
  const whole = await contents();
  await kernel.nftRun('flush ruleset');
  await kernel.loadBoot(goldenConfigs[name]);
  expect(await kernel.isOfBoot()).toBe(true);
  await kernel.apply(goldenConfigs[name]);
  expect(await contents()).toEqual(whole);
  expect([await kernel.isOfBoot(), await kernel.state()]).toEqual([false, 'intact']);
});

it('is no former life, but guards its ports already, by the indexes that it names', async () => {
  await kernel.loadBoot(goldenConfigs['shared-ports']);
  expect(await kernel.newGuard(goldenConfigs['shared-ports'])).toEqual({
    adopted: true,
    hasFormerLife: false,
    indexes: new Map(Object.entries({ 'admin-page': 1, 'nas-page': 2, 'quic-out': 3 })),
  });
  expect(await kernel.guardedPorts()).toHaveLength(2);
  await kernel.guardApply(goldenConfigs['shared-ports']);
  expect(await kernel.newGuard(goldenConfigs['shared-ports'])).toMatchObject({ hasFormerLife: true });
});

it('is kept by a guard that the kernel refuses', async () => {
  await kernel.loadBoot(ssh);
  await expect(kernel.applyBroken(ssh, 'ip saddr @no_such_set drop')).rejects.toThrow();
  expect(await kernel.isOfBoot()).toBe(true);
  const [gateway, scanner] = [lab.host('gateway'), lab.host('scanner')];
  const echo = await startTcpEcho(gateway, { port: [22, 23] });
  expect(await connect(scanner, { address: gateway.ipv4, port: 23 })).toMatchObject({ connected: true });
  expect(await connect(scanner, { address: gateway.ipv4, port: 22 })).toMatchObject({ errno: 'ETIMEDOUT' });
  await echo.stop();
});

it('counts what it drops, for the interceptor to tell of', async () => {
  await kernel.loadBoot(ssh);
  const [gateway, scanner] = [lab.host('gateway'), lab.host('scanner')];
  expect(await kernel.takeCounts()).toEqual(new Map([['ssh', { asked: 0, entered: 0, opened: 0 }]]));
  await connect(scanner, { address: gateway.ipv4, port: 22, timeoutMs: 500 });
  await kernel.apply(ssh);
  expect((await kernel.takeCounts()).get('ssh')).toEqual({ asked: 0, entered: 1, opened: 0 });
});

it('is what a guard says of itself, whatever it guards', async () => {
  const scripts: (string | null)[] = [];
  for (const name of goldenNames) {
    await kernel.nftRun('flush ruleset');
    await kernel.newGuard(goldenConfigs[name]);
    expect(await kernel.guardBootScript(), 'nothing is guarded yet').toBe(null);
    await kernel.guardApply(goldenConfigs[name]);
    scripts.push(await kernel.guardBootScript());
  }
  expect(goldenNames.filter((_, at) => scripts[at] !== null)).toEqual(shutting);
});
