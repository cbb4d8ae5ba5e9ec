// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import type { ConnectRun } from './connects.ts';
import { latencyOf, rateOf } from './measurement.ts';
import type { Target } from './network.ts';
import { formatTable, formatWake } from './table.ts';

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

test('waking shows what it adds to the time of the machine, and what it costs others', () => {
  const answer = {
    name: 'it speaks, IPv4',
    p50: 30,
    max: 80,
    acceptedP50: 2,
    goal: '< 150 ms',
    all: [30, 80],
  };
  const [holding, idle] = [
    { p50: 2_400, p99: 4_000 },
    { p50: 2_000, p99: 3_000 },
  ];
  const held = { name: 'other, IPv6', holding, idle, ratio: 1.2, synRetransmits: 1 };
  const rows = formatWake({ answers: [answer], held: [held] }).split('\n');
  expect(rows[1]).toMatch(/^ {2}it speaks, IPv4 +30 ms +80 ms +2 ms {3}goal < 150 ms$/);
  expect(rows[3]).toMatch(/^connect\(\) of a new source while 50 packets are held/);
  expect(rows[4]).toMatch(/^ {2}other, IPv6 +2400 µs +2000 µs +1\.20 {3}1 SYN sent again$/);
});
