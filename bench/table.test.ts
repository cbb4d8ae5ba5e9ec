// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import type { ConnectRun } from './connects.ts';
import { latencyOf, rateOf } from './measurement.ts';
import type { Target } from './network.ts';
import { formatTable } from './table.ts';

const run = (us: readonly number[], synRetransmits = 0): ConnectRun => ({
  connected: us.length,
  failed: 0,
  synRetransmits,
  elapsedUs: 1,
  us,
});

const runs = new Map<Target, readonly ConnectRun[]>([
  ['nftoggle', [run([900, 1000], 1), run([500, 600])]],
  ['yardstick', [run([90, 100]), run([100, 120])]],
  ['nothing', [run([30]), run([50])]],
]);

test('a row shows what one target took, and how many times that is what the others took', () => {
  const rows = formatTable([latencyOf('first packet', runs, '≤ 9')]).split('\n');
  expect(rows).toEqual([
    '                                    p50         p99   to C loop  to conntrack  to nothing',
    '',
    'first packet',
    '  nftoggle                       600 µs     1000 µs        7.50                     20.00   goal ≤ 9',
    '  C loop                         100 µs      120 µs        1.00                      2.50',
    '  no ruleset                      30 µs       50 µs        0.42                      1.00',
    '  nftoggle: 1 SYN sent again',
  ]);
});

test('rates show the median of the rounds', () => {
  const rates = new Map<Target, readonly number[]>([
    ['nftoggle', [9.1, 11, 10]],
    ['nothing', [10, 10, 10]],
  ]);
  const text = formatTable([rateOf('stream', 'Gbit/s', rates)]);
  expect(text).toMatch(/nftoggle +10\.0 Gbit\/s +1\.00$/m);
});
