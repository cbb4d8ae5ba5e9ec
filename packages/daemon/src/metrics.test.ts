// SPDX-License-Identifier: MIT
import { metrics as table } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { Metrics } from './metrics.ts';

/** The line of one series, without its name. */
async function shownOf(metrics: Metrics, series: string): Promise<string | undefined> {
  const lines = (await metrics.text()).split('\n');
  return lines.find((line) => line.startsWith(`${series} `))?.slice(series.length + 1);
}

describe('the metrics of a daemon', () => {
  it('are those of the table that are its own, and those of all', async () => {
    const text = await new Metrics('wol').text();
    for (const [name, { of, help, kind }] of Object.entries(table)) {
      const mine = of === 'all' || of === 'wol';
      expect(text.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`), name).toBe(mine);
    }
  });

  it('do not take those of another daemon', () => {
    expect(() => new Metrics('wol').set('nftoggle_grants', {}, 1)).toThrow(TypeError);
  });

  it('count, set and observe by label', async () => {
    const metrics = new Metrics('wol');
    metrics.count('nftoggle_wakes_total', { device: 'nas', outcome: 'ready' });
    metrics.count('nftoggle_wakes_total', { device: 'nas', outcome: 'ready' }, 2);
    metrics.count('nftoggle_wakes_total', { device: 'nas', outcome: 'failed' });
    metrics.set('nftoggle_waking', {}, 4);
    metrics.observe('nftoggle_wake_seconds', { device: 'nas' }, 20);
    const text = await metrics.text();
    expect(text).toContain('nftoggle_wakes_total{device="nas",outcome="ready"} 3\n');
    expect(text).toContain('nftoggle_wakes_total{device="nas",outcome="failed"} 1\n');
    expect(text).toContain('nftoggle_waking 4\n');
    expect(text).toContain('nftoggle_wake_seconds_bucket{le="10",device="nas"} 0\n');
    expect(text).toContain('nftoggle_wake_seconds_bucket{le="30",device="nas"} 1\n');
    expect(text).toContain('nftoggle_wake_seconds_sum{device="nas"} 20\n');
  });

  it('follow a total that somebody else keeps: up, from nothing on, and never down', async () => {
    const metrics = new Metrics('interceptor');
    const name = 'nftoggle_packets_total';
    const series = 'nftoggle_packets_total{fate="denied"}';
    const shown = [];
    for (const total of [0, 5, 3, 5, 9]) {
      metrics.countTo(name, { fate: 'denied' }, total);
      shown.push(await shownOf(metrics, series));
    }
    expect(shown).toEqual(['0', '5', '5', '5', '9']);
    metrics.countTo(name, { fate: 'allowed' }, 2);
    expect(await shownOf(metrics, 'nftoggle_packets_total{fate="allowed"}')).toBe('2');
  });

  it('forget the labels of what is no more', async () => {
    const metrics = new Metrics('interceptor');
    metrics.set('nftoggle_sessions', { service: 'ssh' }, 3);
    metrics.clear('nftoggle_sessions');
    metrics.set('nftoggle_sessions', { service: 'web' }, 1);
    expect(await metrics.text()).not.toContain('service="ssh"');
    expect(await shownOf(metrics, 'nftoggle_sessions{service="web"}')).toBe('1');
  });
});

describe('what is found out at each scrape', () => {
  it('is waited for', async () => {
    const metrics = new Metrics('wol');
    let scrapes = 0;
    metrics.onScrape(async () => {
      await null;
      scrapes += 1;
      metrics.set('nftoggle_waking', {}, scrapes);
    });
    expect(await shownOf(metrics, 'nftoggle_waking')).toBe('1');
    expect(await shownOf(metrics, 'nftoggle_waking')).toBe('2');
  });

  it('costs its own values alone when it fails, at once or later, and is told once until it works again', async () => {
    const problems: string[] = [];
    const metrics = new Metrics('wol', (problem) => problems.push(problem));
    let failing = true;
    metrics.onScrape(() => {
      if (failing) throw new Error('at once');
    });
    metrics.onScrape(async () => {
      if (failing) throw new Error('later');
    });
    metrics.onScrape(() => metrics.set('nftoggle_waking', {}, 7));
    expect(await shownOf(metrics, 'nftoggle_waking')).toBe('7');
    await metrics.text();
    expect(problems.toSorted()).toEqual(['at once', 'later']);
    failing = false;
    await metrics.text();
    failing = true;
    await metrics.text();
    expect(problems).toHaveLength(4);
  });

  it('is not waited for when it takes long, and not asked for a second time meanwhile', async () => {
    const problems: string[] = [];
    const metrics = new Metrics('wol', (problem) => problems.push(problem));
    const { promise, resolve } = Promise.withResolvers<void>();
    let asked = 0;
    metrics.onScrape(() => {
      asked += 1;
      return promise;
    });
    metrics.onScrape(() => metrics.set('nftoggle_waking', {}, asked));
    expect(await shownOf(metrics, 'nftoggle_waking')).toBe('1');
    expect(await shownOf(metrics, 'nftoggle_waking')).toBe('1');
    expect(problems).toEqual(['it takes more than a second']);
    resolve();
    await metrics.text();
    await metrics.text();
    expect(asked).toBe(2);
  });

  it('is asked for once by all who scrape at the same time', async () => {
    const metrics = new Metrics('wol');
    let asked = 0;
    metrics.onScrape(() => {
      asked += 1;
    });
    const texts = await Promise.all([metrics.text(), metrics.text(), metrics.text()]);
    expect(new Set(texts).size).toBe(1);
    expect(asked).toBe(1);
  });
});
