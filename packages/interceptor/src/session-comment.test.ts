// SPDX-License-Identifier: MIT
import { type AtEnd, type Bound, bounds, reasons } from '@nftoggle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatComment, parseComment } from './session-comment.ts';

const aName = fc.oneof(fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/), fc.constant('x'.repeat(63)));
const aComment = fc.record({
  since: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1_000),
  mac: fc.option(fc.constant('02:00:00:00:00:01')),
  interface: fc.oneof(fc.constant(''), fc.constantFrom('eth0', 'wan', 'fifteen-letters')),
  outside: fc.boolean(),
  reason: fc.constantFrom(...Object.keys(reasons)),
  bound: fc.constantFrom(...(Object.keys(bounds) as Bound[])),
  atEnd: fc.constantFrom<AtEnd[]>('cut', 'keep'),
  rule: fc.option(fc.tuple(aName, fc.nat(99)).map(([name, n]) => `services.${name}.allow[${n}]`)),
});

describe('session comments', () => {
  it('are read back as they were written; a rule that does not fit is unknown, never another', () => {
    fc.assert(
      fc.property(aComment, (written) => {
        const read = parseComment(formatComment(written), 7);
        expect({ ...read, rule: null }).toEqual({ ...written, rule: null });
        expect([written.rule, null]).toContain(read.rule);
      }),
    );
  });

  it('fit into the 127 bytes that the kernel keeps of a comment', () => {
    fc.assert(
      fc.property(aComment, (written) => {
        expect(Buffer.byteLength(formatComment(written))).toBeLessThanOrEqual(127);
      }),
    );
  });

  const written = {
    since: 1_999,
    mac: null,
    interface: '',
    outside: false,
    reason: 'rule_allows',
    bound: 'window_end',
    atEnd: 'keep',
    rule: 'services.minecraft.allow[12]',
  } as const;

  it('keep the rule of a name of usual length, and tell an admin what the session is', () => {
    expect(formatComment(written)).toBe(
      'since=1 reason=rule_allows bound=window_end end=keep rule=services.minecraft.allow[12]',
    );
    const mac = '02:00:00:00:00:01';
    expect(formatComment({ ...written, since: 1_700_000_000_000, mac, interface: 'eth0' })).toBe(
      `since=1700000000 mac=${mac} in=eth0 reason=rule_allows bound=window_end end=keep rule=${written.rule}`,
    );
  });

  it('round the start to the second', () => {
    expect(parseComment(formatComment(written), 0).since).toBe(1_000);
  });

  const unknown = {
    since: 7_000,
    mac: null,
    interface: '',
    outside: false,
    reason: 'adopted',
    bound: 'session_time',
    atEnd: 'cut',
    rule: null,
  };

  it.each([
    '',
    'hello',
    '=',
    'since=soon mac= reason= rule=',
    'since=',
    'since=- mac=-',
    'mac=nonsense bound=never end=soon',
  ])('are unknown where they are unreadable: "%s"', (text) => {
    expect(parseComment(text, 7_000)).toEqual(unknown);
  });

  it('of a version before, which knew no bounds, are read for what they say', () => {
    const before = 'since=7 mac=02:00:00:00:00:01 reason=rule_allows rule=services.ssh.allow[0]';
    expect(parseComment(before, 0)).toEqual({
      ...unknown,
      mac: '02:00:00:00:00:01',
      reason: 'rule_allows',
      rule: 'services.ssh.allow[0]',
    });
  });

  it('never throw, whatever somebody else wrote there', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseComment(text, 0)));
  });
});
