// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import type { Bus } from '@nftoggle/bus';
import type { ConfigWatch } from '@nftoggle/config';
import type { Metrics } from './metrics.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** What every daemon tells of itself. */
export function tellCommon(
  metrics: Metrics,
  bus: Pick<Bus, 'connected' | 'backlog' | 'dropped'>,
  watch: Pick<ConfigWatch, 'problem'>,
): void {
  metrics.set('nftoggle_build_info', { version }, 1);
  metrics.onScrape(() => {
    metrics.set('nftoggle_config_refused', {}, watch.problem === null ? 0 : 1);
    metrics.set('nftoggle_bus_connected', {}, bus.connected ? 1 : 0);
    metrics.set('nftoggle_bus_backlog', {}, bus.backlog);
    metrics.countTo('nftoggle_bus_dropped_total', {}, bus.dropped);
  });
}
