// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { Readiness, type Sign } from './readiness.ts';
import type { Goal } from './target.ts';

const alive: Sign = { kind: 'alive', how: 'ping' };
const open: Sign = { kind: 'open' };
const refused: Sign = { kind: 'refused' };
const card: Sign = { kind: 'neighbour', neighbour: null, card: true };
const silent: Sign = { kind: 'neighbour', neighbour: null, card: false };
const unreachable: Sign = { kind: 'unreachable', problem: 'no route' };

type Heard = readonly (readonly [number, Sign])[];
const tcp: Goal = { kind: 'tcp', port: 22 };
const udp: Goal = { kind: 'udp', port: 19_132 };
const ping: Goal = { kind: 'ping' };
const life: Goal = { kind: 'life' };
const settle: Goal = { kind: 'settle', seconds: 10 };

/** What was asked for, whether it is being woken, what was heard when, and when it is ready. */
const table: readonly (readonly [string, Goal, boolean, Heard, number | null])[] = [
  ['a port that answers', tcp, true, [[5, open]], 5],
  ['a port that is refused', tcp, true, [[5, refused]], null],
  [
    'a machine whose port is silent',
    tcp,
    true,
    [
      [5, alive],
      [6, card],
    ],
    null,
  ],
  [
    'a refused port that opens',
    tcp,
    true,
    [
      [5, refused],
      [9, open],
      [12, open],
    ],
    9,
  ],
  ['an echo', ping, true, [[5, alive]], 5],
  ['a card in place of an echo', ping, true, [[7, card]], null],
  [
    'any answer',
    life,
    true,
    [
      [3, card],
      [5, refused],
    ],
    5,
  ],
  [
    'its card alone, for a while',
    life,
    true,
    [
      [7, card],
      [9, card],
    ],
    10_007,
  ],
  [
    'nothing',
    life,
    true,
    [
      [7, silent],
      [8, unreachable],
    ],
    null,
  ],
  [
    'a machine that settles',
    settle,
    true,
    [
      [1_000, card],
      [4_000, alive],
    ],
    11_000,
  ],
  ['one that was up already', settle, false, [[3, alive]], 3],
  ['one whose card answers before it is woken', settle, false, [[3, card]], null],
  ['a UDP port that does not refuse', udp, true, [[500, alive]], 2_500],
  [
    'a UDP port that refuses for a while',
    udp,
    true,
    [
      [500, alive],
      [1_000, refused],
      [1_500, refused],
    ],
    3_500,
  ],
  [
    'a UDP port that answers',
    udp,
    true,
    [
      [500, alive],
      [600, open],
    ],
    600,
  ],
  ['a UDP port of a machine that answers nothing else', udp, true, [[500, card]], 10_500],
  ['a UDP port of a machine that was up', udp, false, [[2, alive]], 102],
  [
    'a UDP port refused by a machine that was up',
    udp,
    false,
    [
      [2, alive],
      [3, refused],
    ],
    null,
  ],
];

describe('a target', () => {
  it.each(table)('by %s', (_, goal, waking, heard, expected) => {
    const readiness = new Readiness(goal);
    for (const [at, sign] of heard) readiness.hear(sign, at);
    expect(readiness.readyAt(waking)).toBe(expected);
  });

  it('tells the first answers of card and machine from those that follow', () => {
    const readiness = new Readiness(tcp);
    const signs = [silent, unreachable, card, card, refused, open];
    expect(signs.map((sign, at) => readiness.hear(sign, at))).toEqual([
      false,
      false,
      true,
      false,
      true,
      false,
    ]);
    expect(readiness.lastAnswer).toBe(5);
  });
});
