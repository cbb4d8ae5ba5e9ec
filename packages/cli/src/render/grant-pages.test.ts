// SPDX-License-Identifier: MIT
import type { Grant, GrantIssued } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { aGrant } from '../grant.fixture.ts';
import { plain } from '../paint.ts';
import { grantIssuedPage } from './grant-issued-page.ts';
import { grantsPage } from './grants-page.ts';
import { grantsRevokedPage } from './grants-revoked-page.ts';

const timezone = 'Europe/Berlin';
const now = new Date('2026-11-23T17:10:00Z');

describe('a grant that was issued', () => {
  function page(change: Partial<GrantIssued> = {}): string {
    const issued = { grant: aGrant(), extended: false, overrides: null, notes: [], timezone, ...change };
    return grantIssuedPage(issued, now, plain);
  }

  it('is said with whom, until when, for how long, and the way back', () => {
    expect(page()).toBe(
      `opened minecraft for everybody until 18:40 (Europe/Berlin), 30 min
undo: nftoggle close minecraft`,
    );
  });

  it('is said with what it overrides and what one should know', () => {
    expect(
      page({
        grant: aGrant({ source: 'laptop', until: '2026-11-24T07:00:00Z' }),
        overrides: 'services.minecraft.allow[1]',
        overrides_reason: 'outside_window',
        notes: ['services.minecraft.deny[0] refuses some of them all the same'],
      }),
    ).toBe(
      `opened minecraft for laptop until tomorrow 08:00 (Europe/Berlin), 13 h 50 min
overrides services.minecraft.allow[1], which is for other times
note: services.minecraft.deny[0] refuses some of them all the same
undo: nftoggle close minecraft --from laptop`,
    );
  });

  it('names the rule alone when nobody knows what it lacks', () => {
    expect(page({ overrides: 'services.minecraft.allow[1]' })).toContain(
      '\noverrides services.minecraft.allow[1]\n',
    );
  });

  it('is said to have been open, when it was', () => {
    expect(page({ extended: true, grant: aGrant({ source: 'lan' }) })).toBe(
      `minecraft is open for the LAN already; now until 18:40 (Europe/Berlin), 30 min
end it: nftoggle close minecraft --from lan`,
    );
  });
});

describe('the list of grants', () => {
  it('is in the order in which they end', () => {
    const grants = [
      aGrant({
        id: 'aaaaaaaa',
        source: '2001:db8:7::/48',
        until: '2026-11-27T17:40:00Z',
        by: 'grace',
        why: 'LAN party',
      }),
      aGrant(),
    ];
    expect(grantsPage({ grants, timezone }, now, plain)).toBe(
      `2 grants are open (times in Europe/Berlin)
ID        SERVICE    SOURCE           LEFT    UNTIL      BY     WHY
k3v9x2ab  minecraft  any              30 min  18:40      ada
aaaaaaaa  minecraft  2001:db8:7::/48  4 days  Fri 18:40  grace  LAN party`,
    );
  });

  it('lets nobody write on the terminal but in its place', () => {
    const grants = [aGrant({ by: 'e\u001b[2Jve', why: 'a\nb\u0007\u202e' })];
    const page = grantsPage({ grants, timezone }, now, plain);
    expect(page.split('\n').slice(2)).toEqual([
      'k3v9x2ab  minecraft  any     30 min  18:40  e\ufffd[2Jve  a b\ufffd\ufffd',
    ]);
  });

  it('is a sentence when it is empty', () => {
    expect(grantsPage({ grants: [], timezone }, now, plain)).toBe(
      'no grant is open: the rules alone say who may come in',
    );
  });
});

describe('grants that were revoked', () => {
  const page = (...grants: readonly Grant[]): string =>
    grantsRevokedPage({ grants: [...grants], timezone }, now, plain);

  it('are said with what was left of each, and how to open it again', () => {
    expect(page(aGrant({ source: 'laptop', until: '2026-11-23T17:22:10Z' }))).toBe(
      `closed minecraft: 1 grant revoked (laptop, had 12 min left)
whom the rules of minecraft allow may still come in
undo: nftoggle open minecraft --for 12m --from laptop`,
    );
    expect(page(aGrant(), aGrant({ source: 'laptop', until: '2026-11-23T17:10:50Z' }))).toBe(
      `closed minecraft: 2 grants revoked (everybody, had 30 min left; laptop, had 50 s left)
whom the rules of minecraft allow may still come in
undo: nftoggle open minecraft --for 30m
undo: nftoggle open minecraft --for 50s --from laptop`,
    );
  });
});
