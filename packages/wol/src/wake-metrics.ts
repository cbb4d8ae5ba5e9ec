// SPDX-License-Identifier: MIT
import type { EventData, Id } from '@nftoggle/contracts';
import type { Metrics } from '@nftoggle/daemon';
import type { WakeEventType } from './news.ts';

/**
 * Counts wakes by what they tell of themselves. One that had a port ready has succeeded, whatever becomes of the
 * other ports that were waited for.
 */
export class WakeMetrics {
  readonly #metrics: Metrics;
  readonly #ready = new Set<Id>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  hear<T extends WakeEventType>(type: T, data: EventData<T>): void {
    const { device } = data;
    if (type === 'wake_ready') this.#succeeded(data as EventData<'wake_ready'>);
    if (type === 'wake_failed' && !this.#ready.has(device)) {
      this.#metrics.count('nftoggle_wakes_total', { device, outcome: 'failed' });
    }
    if (type !== 'wake_ready') this.#ready.delete(device);
  }

  #succeeded({ device, seconds }: EventData<'wake_ready'>): void {
    this.#ready.add(device);
    this.#metrics.count('nftoggle_wakes_total', { device, outcome: 'ready' });
    this.#metrics.observe('nftoggle_wake_seconds', { device }, seconds);
  }
}
