// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { aDenial } from './denial.fixture.ts';
import { RecentDenials, repeatWindow } from './recent-denials.ts';

describe('RecentDenials', () => {
  it('repeats an answer within the window, counted from the decision', () => {
    const recent = new RecentDenials();
    const denial = aDenial();
    recent.remember('a', denial, 1_000);
    expect(recent.find('a', 1_000 + repeatWindow - 1)).toBe(denial);
    expect(recent.find('a', 1_000 + repeatWindow)).toBeUndefined();
    expect(recent.find('b', 1_000)).toBeUndefined();
  });

  it('gives the answer of the newest decision, not of the first', () => {
    const recent = new RecentDenials();
    recent.remember('a', aDenial({ reason: 'no_answer' }), 1_000);
    recent.remember('b', aDenial(), 1_050);
    recent.remember('a', aDenial({ reason: 'rule_denies' }), 1_100);
    expect(recent.find('a', 1_340)?.reason).toBe('rule_denies');
  });

  it('forgets all of them at once', () => {
    const recent = new RecentDenials();
    recent.remember('a', aDenial(), 1_000);
    recent.clear();
    expect(recent.find('a', 1_000)).toBeUndefined();
  });

  it('keeps the newest of a flood', () => {
    const recent = new RecentDenials();
    for (let n = 0; n < 10_000; n++) recent.remember(`${n}`, aDenial(), 1_000);
    expect(recent.find('9999', 1_000)).toBeDefined();
    expect(recent.find('5904', 1_000)).toBeDefined();
    expect(recent.find('5903', 1_000)).toBeUndefined();
  });
});
