// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { formatStats } from './table-stats.ts';

test('statistics show their rates, their room, and how long a dashboard waits', () => {
  const report = {
    events: 1_000,
    ingest: 25_000.4,
    fromStream: 9_000,
    bytes: 2 ** 20,
    commitsPerMinute: 12,
    queries: [{ name: 'summary of a day', p50: 1.23, p95: 4.56 }],
  };
  const rows = formatStats(report).split('\n');
  expect(rows[1]).toMatch(/^ {2}stored +25000 \/s {3}goal ≥ 20000 \/s$/);
  expect(rows[3]).toMatch(/^ {2}on disk +1 MiB +1049 B\/event$/);
  expect(rows[4]).toMatch(/ 12 {3}goal ≤ 12$/);
  expect(rows[7]).toMatch(/^ {2}summary of a day +1\.2 ms +4\.6 ms$/);
});
