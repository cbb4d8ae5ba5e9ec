// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { aGrant, aPolicy, aWorld, moment } from './world.fixture.ts';
import type { World } from './world.ts';

/** Evenings that bedtime takes away again: the look ahead goes on and on. */
const policy = aPolicy(`
version: 1
timezone: UTC
devices: { console: { address: 192.168.1.40 }, tablet: { address: 192.168.1.41 } }
people: { leo: { devices: [console] } }
services:
  game:
    ports: [1/tcp]
    deny: [{ from: lan, windows: ["18:00-20:00"] }]
    allow:
      - from: [leo, tablet]
        windows: ["18:00-20:00"]
        also: ["2027-01-01 10:00-12:00"]
        allowance: { daily: 2h, uncharged: [sun 04:00-05:00] }
`);
const now = moment('2026-11-23 12:00', 'UTC');

function ask(world: World, address = '192.168.1.40', at = now): string | null {
  return decide(policy, world, { service: 'game', source: { address } }, at).next_allowed;
}

describe('the look ahead', () => {
  it('finds what is weeks ahead, behind much that comes to nothing', () => {
    expect(ask(aWorld())).toBe('2027-01-01T10:00:00.000Z');
  });

  it('is not made again while nothing has changed', () => {
    let walks = 0;
    const world: World = {
      ...aWorld({ used: { 'service.game.leo': { '2026-11-23': 1 } } }),
      grants: () => {
        walks += 1;
        return [];
      },
    };
    const first = ask(world, undefined, now + 1);
    const before = walks;
    walks = 0;
    expect(ask(world, undefined, now + 60_000)).toBe(first);
    expect(walks).toBeLessThan(before / 4);
  });

  it('is made again when the ledger, a grant, the clock or who asks is another', () => {
    const before = ask(aWorld());
    const spent = aWorld({ used: { 'service.game.leo': { '2027-01-01': 120 } } });
    expect(ask(spent)).not.toBe(before);
    expect(ask(spent, '192.168.1.41')).toBe(before);
    expect(ask(aWorld({ clockProblem: 'it went back' }))).toBeNull();
    expect(ask(aWorld({ used: null }))).toBeNull();
    const grants = [aGrant('game', 'leo', '2026-12-24T00:00Z')];
    expect(ask(aWorld({ grants }), undefined, moment('2026-11-23 19:00', 'UTC'))).toBe(
      '2026-11-23T20:00:00.000Z',
    );
    expect(ask(aWorld())).toBe(before);
  });

  it('is made again once that time has come', () => {
    const after = moment('2027-01-01 12:00', 'UTC');
    expect(ask(aWorld())).toBe('2027-01-01T10:00:00.000Z');
    expect(ask(aWorld(), undefined, after)).toBeNull();
    expect(ask(aWorld())).toBe('2027-01-01T10:00:00.000Z');
  });
});
