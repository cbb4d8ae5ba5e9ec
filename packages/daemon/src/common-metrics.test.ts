// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { tellCommon } from './common-metrics.ts';
import { Metrics } from './metrics.ts';

describe('what every daemon tells of itself', () => {
  it('is as it is at each scrape', async () => {
    const metrics = new Metrics('wol');
    const bus = { connected: false, backlog: 12, dropped: 0 };
    const watch: { problem: string | null } = { problem: null };
    tellCommon(metrics, bus, watch);
    const first = await metrics.text();
    expect(first).toMatch(/^nftoggle_build_info\{version="\d+\.\d+\.\d+"\} 1$/m);
    expect(first).toContain('nftoggle_bus_connected 0\n');
    expect(first).toContain('nftoggle_bus_backlog 12\n');
    expect(first).toContain('nftoggle_bus_dropped_total 0\n');
    expect(first).toContain('nftoggle_config_refused 0\n');
    Object.assign(bus, { connected: true, backlog: 0, dropped: 7 });
    watch.problem = 'nftoggle.yml:2:1: …';
    const second = await metrics.text();
    expect(second).toContain('nftoggle_bus_connected 1\n');
    expect(second).toContain('nftoggle_bus_backlog 0\n');
    expect(second).toContain('nftoggle_bus_dropped_total 7\n');
    expect(second).toContain('nftoggle_config_refused 1\n');
  });
});
