// SPDX-License-Identifier: MIT
// For each line `COUNT GAP_MS` of its input: asks about a flow so often, with such a pause before each question,
// and prints how long the answers took, in microseconds: `round N [t, …]`.
//   bus-ask.ts URL SEED
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Bus } from '@nftoggle/bus';
import type { Flow } from '@nftoggle/contracts';

const flow: Flow = {
  service: 'bench',
  protocol: 'tcp',
  source: { address: '10.77.0.1' },
  sourcePort: 40_000,
  destination: '203.0.113.50',
  destinationPort: 7000,
  interface: 'eth0',
};
const [url = '', seed = ''] = process.argv.slice(2);
const bus = new Bus({ url, seed, node: 'bench', daemon: 'interceptor' });
await bus.ready;

async function askOnce(gapMs: number): Promise<number> {
  await delay(gapMs);
  const start = performance.now();
  await bus.request('decide', { flow });
  return Math.round((performance.now() - start) * 10_000) / 10;
}

let round = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const [count = 0, gapMs = 0] = line.split(' ').map(Number);
  const took: number[] = [];
  for (let asked = 0; asked < count; asked += 1) took.push(await askOnce(gapMs));
  console.log(`round ${round} ${JSON.stringify(took)}`);
  round += 1;
}
await bus.close();
