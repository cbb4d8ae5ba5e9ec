// SPDX-License-Identifier: MIT
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Bus } from '@nftoggle/bus';
import {
  type DaemonProcess,
  eventually,
  freePort,
  type NatsServer,
  startDaemon,
  startNats,
} from '@nftoggle/testkit';
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
  const { url, seeds } = nats;
  interceptor = new Bus({ url, seed: seeds.interceptor, node: 'box', daemon: 'interceptor' });
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

describe('the metrics of a daemon', () => {
  const main = new URL('./main.ts', import.meta.url);

  function startAt(port: number): DaemonProcess {
    const env = { NFTOGGLE_METRICS: `127.0.0.1:${port}` };
    return startDaemon({ daemon: 'wol', main, config: config('true'), nats, env });
  }

  it('are served, and nobody who reads them holds up its end', async () => {
    const port = await freePort();
    const daemon = startAt(port);
    const scrape = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const connected = async (): Promise<boolean> =>
      (await scrape().catch(() => '')).includes('nftoggle_bus_connected 1\n');
    await eventually(connected, { withinMs: 10_000 });
    expect(await scrape()).toMatch(/^nftoggle_build_info\{version="[\d.]+"\} 1$/m);
    expect(await scrape()).toContain('nftoggle_config_refused 0\n');
    daemon.configure('version: 2\n');
    await eventually(async () => (await scrape()).includes('nftoggle_config_refused 1\n'));
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    expect(await daemon.stop()).toBe(0);
    silent.destroy();
  });

  it('are no reason to end when their port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const daemon = startAt((taken.address() as { port: number }).port);
    await eventually(() => daemon.log().includes('metrics are not served'), { withinMs: 10_000 });
    await eventually(() => daemon.log().includes('"started"'), { withinMs: 10_000 });
    expect(await daemon.stop()).toBe(0);
    taken.close();
  });
});
