// SPDX-License-Identifier: MIT
import type { AtEnd, Bound, Decision } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { aDeny } from './decision.fixture.ts';
import { aSession } from './session.fixture.ts';
import { endByDenial, endByDenialAtEnd, endByTime, endOfStray } from './session-end.ts';

const rule = 'services.ssh.allow[0]';

describe('the end of a session', () => {
  it.each([
    ['session_time', 'expired'],
    ['window_end', 'window_end'],
    ['allowance', 'allowance_spent'],
    ['rule_expiry', 'rule_expired'],
    ['grant_end', 'grant_ended'],
  ] as const)('by time has the reason of its bound: %s → %s', (bound, reason) => {
    expect(endByTime(aSession({ bound }))).toMatchObject({ reason, connections: 'cut' });
    expect(endByTime(aSession({ bound, atEnd: 'keep' }))).toMatchObject({ connections: 'keep' });
  });

  it.each<readonly [Bound, Decision['reason'], string, AtEnd]>([
    ['window_end', 'outside_window', 'window_end', 'keep'],
    ['window_end', 'rule_denies', 'window_end', 'keep'],
    ['session_time', 'outside_window', 'window_end', 'keep'],
    ['session_time', 'allowance_spent', 'allowance_spent', 'keep'],
    ['session_time', 'rule_denies', 'revoked', 'cut'],
    ['allowance', 'outside_window', 'window_end', 'keep'],
    ['allowance', 'clock_untrusted', 'allowance_spent', 'keep'],
    ['rule_expiry', 'rule_expired', 'rule_expired', 'keep'],
    ['grant_end', 'outside_window', 'grant_ended', 'keep'],
    ['grant_end', 'allowance_spent', 'grant_ended', 'keep'],
  ])('that policy wants when %s is over and it says %s is %s, %s', (bound, reason, ended, connections) => {
    const decision = aDeny({ reason, rule, at_end: 'keep' });
    expect(endByDenialAtEnd(aSession({ bound }), decision)).toMatchObject({ reason: ended, connections });
  });

  it('does with connections what the session says when no rule refuses it', () => {
    const session = aSession({ bound: 'window_end', atEnd: 'keep' });
    expect(endByDenialAtEnd(session, aDeny())).toMatchObject({ reason: 'window_end', connections: 'keep' });
  });

  it.each<readonly [Decision['reason'], string, AtEnd]>([
    ['outside_window', 'window_end', 'keep'],
    ['allowance_spent', 'allowance_spent', 'keep'],
    ['rule_expired', 'rule_expired', 'keep'],
    ['rule_denies', 'revoked', 'cut'],
    ['country_refused', 'revoked', 'cut'],
    ['no_rule', 'revoked', 'cut'],
    ['unknown_service', 'revoked', 'cut'],
  ])('before its time because of %s is %s, %s', (reason, ended, connections) => {
    const decision = aDeny({ reason, rule, at_end: 'keep' });
    const end = endByDenial(aSession({ bound: 'window_end', atEnd: 'keep' }), decision, 0);
    expect(end).toMatchObject({ reason: ended, connections });
  });

  it('of a grant that was taken back cuts, though its source would be let in at another time', () => {
    const granted = aSession({ reason: 'grant_allows', bound: 'grant_end', until: 60_000 });
    const decision = aDeny({ reason: 'outside_window', rule, at_end: 'keep' });
    expect(endByDenial(granted, decision, 0)).toMatchObject({ reason: 'revoked', connections: 'cut' });
    // Policy heard of the end of the grant a moment before us.
    expect(endByDenial(granted, decision, 59_500)).toMatchObject({
      reason: 'grant_ended',
      connections: 'keep',
    });
  });
});

describe('a connection without a session', () => {
  it.each<readonly [Partial<Decision>, AtEnd]>([
    [{ reason: 'outside_window', rule, at_end: 'keep' }, 'keep'],
    [{ reason: 'outside_window', rule, at_end: 'cut' }, 'cut'],
    [{ reason: 'allowance_spent', rule, at_end: 'keep' }, 'keep'],
    [{ reason: 'rule_denies', rule, at_end: 'keep', next_allowed: '2026-01-05T12:00:00Z' }, 'keep'],
    [{ reason: 'rule_denies', rule, at_end: 'keep' }, 'cut'],
    [{ reason: 'no_rule', rule: null, at_end: 'keep' }, 'cut'],
    [{ reason: 'country_refused', rule, at_end: 'keep' }, 'cut'],
  ])('%o: %s', (changes, end) => {
    expect(endOfStray(aDeny(changes))).toBe(end);
  });
});
