// SPDX-License-Identifier: MIT
// docs/reference/metrics.md: what every daemon counts, from the table in contracts.
import { type MetricName, metrics } from '@nftoggle/contracts';
import { code, table } from './markdown.ts';

export function metricsReference(): string {
  const rows = (Object.keys(metrics) as MetricName[]).map((name) => {
    const { kind, of, labels, help } = metrics[name];
    return [code(name), kind, of === 'all' ? 'every daemon' : of, labels.map(code).join(', '), help];
  });
  const head = ['metric', 'kind', 'daemon', 'labels', 'counts'];
  return `${[intro, table(head, rows), outro].join('\n\n')}\n`;
}

const intro = `# Metrics

Generated from the table of metrics in \`packages/contracts\`: change them there.

Each daemon answers \`GET /metrics\` for Prometheus at the place that \`NFTOGGLE_METRICS\` names (\`host:port\`; empty for
none). \`nftoggle up\` sets it to ports of 127.0.0.1 from 9470 on: interceptor, policy, wol, hooks, stats, api. No label is
ever an address: services, hooks and devices are names of the configuration, all else are words of this page.`;

const outro = `Beside them each daemon has the metrics of its process by prom-client (\`nftoggle_process_…\`, \`nftoggle_nodejs_…\`).
[grafana.json](../grafana.json) is a dashboard of them: import it into Grafana and choose your Prometheus.`;
