// SPDX-License-Identifier: MIT
// The dashboard as far as it can be held to account without a Grafana: its queries are PromQL that parses, and ask
// for metrics and labels that the daemons have.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metrics } from '@nftoggle/contracts';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const file = join(import.meta.dirname, '../docs/grafana.json');
const dashboard: { panels: Panel[]; templating: { list: { name: string; definition?: string }[] } } =
  JSON.parse(readFileSync(file, 'utf8'));
const charts = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = charts.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
);
/** Grafana puts a duration there. */
const withoutVariables = (expr: string): string => expr.replace(/\$__(rate_interval|range)/g, '5m');

/** What prom-client tells of every process. */
const ofProcess = ['nftoggle_process_resident_memory_bytes', 'nftoggle_process_cpu_seconds_total'];
const known = new Map<string, readonly string[]>(ofProcess.map((name) => [name, []]));
for (const [name, { kind, labels }] of Object.entries(metrics)) {
  if (kind !== 'histogram') known.set(name, labels);
  else for (const part of ['bucket', 'sum', 'count']) known.set(`${name}_${part}`, [...labels, 'le']);
}
/** What Prometheus itself adds. */
const ofScrape = ['job', 'instance'];

describe('the dashboard', () => {
  it('shows whatever a daemon counts, but for what is of use to a search for faults alone', () => {
    const asked = new Set(queries.flatMap(({ expr }) => expr.match(/nftoggle_\w+/g) ?? []));
    const isShown = (name: string): boolean => asked.has(name) || asked.has(`${name}_bucket`);
    expect(Object.keys(metrics).filter((name) => !isShown(name))).toEqual([
      'nftoggle_build_info',
      'nftoggle_stats_commit_seconds',
      'nftoggle_api_requests_total',
    ]);
  });

  it.each(queries)('$title: $expr parses', ({ expr }) => {
    const errors: string[] = [];
    parser.parse(withoutVariables(expr)).iterate({
      enter: ({ type, from, to }) => {
        if (type.isError) errors.push(expr.slice(from - 10, to + 10));
      },
    });
    expect(errors).toEqual([]);
  });

  it.each(queries)('$title: $expr asks for what there is', ({ expr, legendFormat }) => {
    const text = withoutVariables(expr);
    const names: string[] = [];
    const labels: string[] = [];
    parser.parse(text).iterate({
      enter: ({ name, from, to }) => {
        if (name === 'Identifier') names.push(text.slice(from, to));
        if (name === 'LabelName') labels.push(text.slice(from, to));
      },
    });
    const own = names.filter((name) => name.startsWith('nftoggle_'));
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((name) => !known.has(name))).toEqual([]);
    const there = [...own.flatMap((name) => known.get(name) ?? []), ...ofScrape];
    const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
    expect([...labels, ...shown].filter((label) => !there.includes(label ?? ''))).toEqual([]);
  });

  it('is one that Grafana takes: panels have ids of their own, a place of their own, and words', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const places = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    );
    expect(new Set(places).size).toBe(places.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
    for (const { title, description = '' } of charts) expect(description, title).toMatch(/\.$/);
    const variables = dashboard.templating.list.map(({ name }) => name);
    const used = [...JSON.stringify(dashboard).matchAll(/\$\{?(?!__)(\w+)/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(variables.sort());
  });
});
