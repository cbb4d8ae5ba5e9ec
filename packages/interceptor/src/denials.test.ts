// SPDX-License-Identifier: MIT
import type { EventData } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { type Denial, Denials, repeatWindow } from './denials.ts';

const denial: Denial = {
  service: 'ssh',
  source: { address: '203.0.113.66' },
  protocol: 'tcp',
  destination: '203.0.113.1',
  destinationPort: 22,
  reason: 'no_rule',
  rule: null,
  next_allowed: null,
  enforced: true,
};

function setUp() {
  const told: EventData<'access_denied'>[] = [];
  const denials = new Denials(
    (event) => told.push(event),
    (moment) => new Date(moment).toISOString(),
  );
  return { denials, told };
}

describe('Denials', () => {
  it('tells the first refusal of a source at once', () => {
    const { denials, told } = setUp();
    denials.add('a', denial, 5_000, true);
    const at = new Date(5_000).toISOString();
    expect(told).toEqual([{ ...denial, count: 1, first: at, last: at }]);
  });

  it('tells the following ones as one event with a count', () => {
    const { denials, told } = setUp();
    for (let i = 0; i < 500; i++) denials.add('a', denial, 1_000 + i, true);
    expect(told).toHaveLength(1);
    denials.flush();
    expect(told).toHaveLength(2);
    expect(told[1]).toMatchObject({
      count: 499,
      first: new Date(1_001).toISOString(),
      last: new Date(1_499).toISOString(),
    });
  });

  it('counts every refusal exactly once over several intervals', () => {
    const { denials, told } = setUp();
    for (let i = 0; i < 30; i++) {
      denials.add('a', denial, i * 1_000, i % 3 === 0);
      if (i % 7 === 0) denials.flush();
    }
    denials.flush();
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(30);
  });

  it('forgets a source that was quiet for an interval, and tells its next refusal at once', () => {
    const { denials, told } = setUp();
    denials.add('a', denial, 0, true);
    denials.flush();
    denials.add('a', denial, 20_000, true);
    expect(told.map(({ count }) => count)).toEqual([1, 1]);
  });

  it('repeats an answer within the window, counted from the decision and not from its repetitions', () => {
    const { denials } = setUp();
    denials.add('a', denial, 1_000, true);
    expect(denials.recent('a', 1_000 + repeatWindow - 1)).toEqual(denial);
    denials.add('a', denial, 1_000 + repeatWindow - 1, false);
    expect(denials.recent('a', 1_000 + repeatWindow)).toBeUndefined();
    expect(denials.recent('b', 1_000)).toBeUndefined();
  });

  it('gives the answer of the newest decision, not of the first', () => {
    const { denials } = setUp();
    denials.add('a', { ...denial, reason: 'no_answer' }, 1_000, true);
    denials.add('a', { ...denial, reason: 'rule_denies', rule: 'services.ssh.deny[0]' }, 2_000, true);
    expect(denials.recent('a', 2_100)?.reason).toBe('rule_denies');
  });

  it('repeats no answer from before a new configuration, and still counts', () => {
    const { denials, told } = setUp();
    denials.add('a', denial, 1_000, true);
    denials.add('a', denial, 1_001, true);
    denials.forgetAnswers();
    expect(denials.recent('a', 1_002)).toBeUndefined();
    denials.flush();
    expect(told.map(({ count }) => count)).toEqual([1, 1]);
    expect(told[1]?.last).toBe(new Date(1_001).toISOString());
  });

  it('tells at most 1024 sources in an interval, however many there are', () => {
    const { denials, told } = setUp();
    for (let i = 0; i < 5_000; i++) denials.add(`source ${i}`, denial, 0, true);
    expect(told).toHaveLength(1_024);
  });

  it('has an end that is not before its beginning, in every event', () => {
    const { denials, told } = setUp();
    denials.add('a', denial, 1_000, true);
    denials.add('a', denial, 9_000, false);
    denials.flush();
    for (const { first, last } of told) expect(Date.parse(last)).toBeGreaterThanOrEqual(Date.parse(first));
    expect(told[1]?.last).toBe(new Date(9_000).toISOString());
  });
});
