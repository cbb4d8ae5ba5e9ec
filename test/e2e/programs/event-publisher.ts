// SPDX-License-Identifier: MIT
// Publishes planned events as an interceptor does, whatever happens to the bus.
//   event-publisher.ts PORT SEED_FILE COUNT INTERVAL MARK
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Bus, maxBacklog } from '@nftoggle/bus';
import { planEvents } from '../planned-events.ts';

const [port, seedFile = '', count, interval, mark = ''] = process.argv.slice(2);
const bus = new Bus({
  url: `nats://127.0.0.1:${port}`,
  seed: readFileSync(seedFile, 'utf8').trim(),
  node: 'box',
  daemon: 'interceptor',
  onStatus: (status) => console.error(JSON.stringify(status)),
});
await bus.ready;

const start = Date.now();
const plan = planEvents({ count: Number(count), interval: Number(interval), start, mark });
console.log(`begin at ${start}`);
const stored: Promise<boolean>[] = [];
let mostWaiting = 0;
while (stored.length < plan.length) {
  publishDue();
  mostWaiting = Math.max(mostWaiting, bus.backlog);
  console.log(`published ${stored.length}`);
  await delay(20);
}
const published = Date.now();
const all = await Promise.all(stored);
const took = { publishing: published - start, storing: Date.now() - start };
console.log(JSON.stringify({ stored: all.filter((each) => each).length, mostWaiting, ...took }));
await bus.close();

/** A bus that is away for long is the matter of other tests: more than it keeps is not published meanwhile. */
function publishDue(): void {
  for (const { id, time, type, data, service } of plan.slice(stored.length, stored.length + 2_000)) {
    if (Date.parse(time) > Date.now() || bus.backlog >= maxBacklog / 2) return;
    stored.push(bus.publish(type, data, service, { id, time }));
  }
}
