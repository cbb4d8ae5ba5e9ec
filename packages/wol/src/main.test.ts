// SPDX-License-Identifier: MIT
import { Bus } from '@nftoggle/bus';
import { type DaemonProcess, eventually, type NatsServer, startDaemon, startNats } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const config = (wake: string) => `
version: 1
node: box
devices: { nas: { mac: 00:11:32:aa:bb:cc, address: 127.0.0.1, wake: ${wake} } }
`;

let nats: NatsServer;
let wol: DaemonProcess;
let interceptor: Bus;

beforeAll(async () => {
  nats = await startNats();
  const main = new URL('./main.ts', import.meta.url);
  wol = startDaemon({ daemon: 'wol', main, config: config('false'), nats });
  const { url, passwords } = nats;
  const password = passwords.interceptor;
  interceptor = new Bus({ url, user: 'interceptor', password, node: 'box', daemon: 'interceptor' });
  await interceptor.ready;
});
afterAll(async () => {
  await interceptor.close();
  await wol.stop('SIGKILL');
  await nats.stop();
});

const ask = () =>
  interceptor.request('wake', { device: 'nas', port: null, address: null, patience: 2_000, by: 'ssh' });

describe('the wol daemon', () => {
  it('wakes by its file, follows changes of it, and stops in order', async () => {
    await eventually(async () => 'error' in (await ask()), { withinMs: 10_000 });
    wol.configure(config('true'));
    // Loopback is up: it refuses whatever is asked.
    await eventually(async () => ({ state: 'failed', ...(await ask()) }).state === 'ready');
    expect(await wol.stop()).toBe(0);
  });
});
