// SPDX-License-Identifier: MIT
import { Bus } from '@nftoggle/bus';
import {
  aFlow,
  type DaemonProcess,
  eventually,
  type NatsServer,
  startDaemon,
  startNats,
} from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const config = (allow: string) =>
  `version: 1\nnode: box\ntimezone: Europe/Berlin\nservices: { ssh: { ports: [22/tcp], allow: [${allow}] } }\n`;

let nats: NatsServer;
let policy: DaemonProcess;
let interceptor: Bus;

beforeAll(async () => {
  nats = await startNats();
  policy = startDaemon({
    daemon: 'policy',
    main: new URL('./main.ts', import.meta.url),
    config: config('lan'),
    nats,
  });
  const { url, seeds } = nats;
  interceptor = new Bus({ url, seed: seeds.interceptor, node: 'box', daemon: 'interceptor' });
  await interceptor.ready;
});
afterAll(async () => {
  await interceptor.close();
  await policy.stop('SIGKILL');
  await nats.stop();
});

async function decision(): Promise<string> {
  return (await interceptor.request('decide', { flow: aFlow() })).decision;
}

describe('the policy daemon', () => {
  it('decides by its file, follows changes of it, keeps the last good one, and stops in order', async () => {
    await eventually(async () => (await decision()) === 'deny', { withinMs: 10_000 });
    policy.configure(config('any'));
    await eventually(async () => (await decision()) === 'allow');
    policy.configure(config('friends'));
    await eventually(() => policy.log().includes('the last good one stays'));
    expect(await decision()).toBe('allow');
    expect(await policy.stop()).toBe(0);
  });
});
