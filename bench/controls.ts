// SPDX-License-Identifier: MIT
// Figures of a guard that is not there would be excellent: what is measured is shown to be what is meant.
import type { Connects } from './connects.ts';
import { families, type Network, sourceCount, type Target } from './network.ts';
import { queuedPackets } from './yardstick.ts';

/** @throws Error unless the last source, which the configuration refuses, is refused by the guard alone */
export async function proveGuard(connects: Connects, port: number): Promise<void> {
  for (const family of families) {
    const plan = { family, port, count: 1, source: sourceCount - 1, timeoutMs: 500 };
    const [guarded, open] = [
      await connects.attempt('nftoggle', plan),
      await connects.attempt('nothing', plan),
    ];
    if (open.connected !== 1) throw new Error(`the network does not work over ${family}`);
    if (guarded.connected !== 0) throw new Error(`nftoggle let in over ${family} whom it is to refuse`);
  }
}

/** @throws Error unless each first packet was handed to user space while `work` ran */
export async function proveQueued<T>(network: Network, count: number, work: () => Promise<T>): Promise<T> {
  const queueing = ['nftoggle', 'yardstick'] as const satisfies readonly Target[];
  const total = (): Promise<number[]> =>
    Promise.all(queueing.map((target) => queuedPackets(network.host(target))));
  const before = await total();
  const result = await work();
  const after = await total();
  for (const [index, target] of queueing.entries()) {
    const queued = (after[index] ?? 0) - (before[index] ?? 0);
    if (queued < count) throw new Error(`${target}: ${queued} of ${count} first packets were queued`);
  }
  return result;
}
