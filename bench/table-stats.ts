// SPDX-License-Identifier: MIT
import type { StatsReport } from './measure-stats.ts';

const goal = { ingest: 20_000, queryMs: 50 };

export function formatStats(report: StatsReport): string {
  const { events, ingest, fromStream, bytes, commitsPerMinute, queries } = report;
  const wide = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(48) : cell.padStart(14)))
      .join('')
      .trimEnd();
  return [
    `statistics, of ${events} events in 90 days`,
    `${wide(['  stored', `${Math.round(ingest)} /s`])}   goal ≥ ${goal.ingest} /s`,
    wide(['  stored from an event stream', `${Math.round(fromStream)} /s`]),
    wide(['  on disk', `${(bytes / 2 ** 20).toFixed(0)} MiB`, `${(bytes / events).toFixed(0)} B/event`]),
    `${wide(['  commits in a minute of ten events a second', commitsPerMinute.toFixed(0)])}   goal ≤ 12`,
    '',
    wide([`a question of a dashboard (goal < ${goal.queryMs} ms)`, 'p50', 'p95']),
    ...queries.map(({ name, p50, p95 }) =>
      wide([`  ${name}`, `${p50.toFixed(1)} ms`, `${p95.toFixed(1)} ms`]),
    ),
  ].join('\n');
}
