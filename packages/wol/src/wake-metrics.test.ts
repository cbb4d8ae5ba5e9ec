// SPDX-License-Identifier: MIT
import { Metrics } from '@nftoggle/daemon';
import { describe, expect, it } from 'vitest';
import type { WakeEventType } from './news.ts';
import { WakeMetrics } from './wake-metrics.ts';

/** The wakes that are counted after these events, as `device outcome count`. */
async function countsOf(...events: readonly (readonly [WakeEventType, device: string])[]): Promise<string[]> {
  const metrics = new Metrics('wol');
  const wakes = new WakeMetrics(metrics);
  for (const [type, device] of events) {
    const facts = { device, by: 'ssh', expected: null, seconds: 20, packets: 7, problem: 'no answer' };
    wakes.hear(type, facts);
  }
  const series = /^nftoggle_wakes_total\{device="(.*)",outcome="(.*)"\} (\d+)$/gm;
  return [...(await metrics.text()).matchAll(series)].map(([, ...parts]) => parts.join(' ')).toSorted();
}

describe('wakes', () => {
  it('are counted when they end, by device', async () => {
    expect(await countsOf(['wake_started', 'nas'])).toEqual([]);
    expect(
      await countsOf(
        ['wake_started', 'nas'],
        ['wake_started', 'pc'],
        ['wake_ready', 'nas'],
        ['wake_failed', 'pc'],
        ['wake_started', 'nas'],
        ['wake_failed', 'nas'],
      ),
    ).toEqual(['nas failed 1', 'nas ready 1', 'pc failed 1']);
  });

  it('are counted once, as a success, when one port was ready and another was not', async () => {
    expect(
      await countsOf(
        ['wake_started', 'nas'],
        ['wake_ready', 'nas'],
        ['wake_failed', 'nas'],
        ['wake_started', 'nas'],
      ),
    ).toEqual(['nas ready 1']);
  });
});
