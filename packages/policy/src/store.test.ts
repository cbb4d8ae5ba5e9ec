// SPDX-License-Identifier: MIT
import { Bus } from '@nftoggle/bus';
import type { ClockEntry } from '@nftoggle/contracts';
import { eventually, type NatsServer, startNats } from '@nftoggle/testkit';
import { afterAll, beforeAll } from 'vitest';
import { MemoryStore } from './memory-store.fixture.ts';
import { storeSuite } from './store.suite.ts';

const shared = new MemoryStore<ClockEntry>();
storeSuite('in memory', () => [shared, shared]);

let nats: NatsServer;
let buses: readonly [Bus, Bus];

beforeAll(async () => {
  nats = await startNats();
  const { url, seeds } = nats;
  const open = () => new Bus({ url, seed: seeds.policy, node: 'box', daemon: 'policy' });
  buses = [open(), open()];
  await eventually(() => buses.every((bus) => bus.store('clock').ready));
});
afterAll(async () => {
  for (const bus of buses) await bus.close();
  await nats.stop();
});

storeSuite('on the bus', () => [buses[0].store('clock'), buses[1].store('clock')]);
