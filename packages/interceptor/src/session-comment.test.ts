// SPDX-License-Identifier: MIT
import { type AtEnd, type Bound, bounds, reasons } from '@nftoggle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatComment, parseComment } from './session-comment.ts';
import { newSessionId } from './session-id.ts';

const aName = fc.oneof(fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/), fc.constant('x'.repeat(63)));
const aBeginning = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1_000);
const anOpening = aBeginning.map((since) => ({ since, id: newSessionId(since) }));
const aComment = fc.record({
  mac: fc.option(fc.constant('02:00:00:00:00:01')),
  interface: fc.oneof(fc.constant(''), fc.constantFrom('eth0', 'wan', 'fifteen-letters')),
  outside: fc.boolean(),
  reason: fc.constantFrom(...Object.keys(reasons)),
  bound: fc.constantFrom(...(Object.keys(bounds) as Bound[])),
  atEnd: fc.constantFrom<AtEnd[]>('cut', 'keep'),
  rule: fc.option(fc.tuple(aName, fc.nat(99)).map(([name, n]) => `services.${name}.allow[${n}]`)),
});
const aSessionsComment = fc.tuple(aComment, anOpening).map(([facts, opening]) => ({ ...facts, ...opening }));

describe('session comments', () => {
  it('are read back as they were written; a rule that does not fit is unknown, never another', () => {
    fc.assert(
      fc.property(aSessionsComment, (written) => {
        const read = parseComment(formatComment(written), 7);
        expect({ ...read, rule: null }).toEqual({ ...written, rule: null });
        expect([written.rule, null]).toContain(read.rule);
      }),
    );
  });

  it('fit into the 127 bytes that the kernel keeps of a comment', () => {
    fc.assert(
      fc.property(aSessionsComment, (written) => {
        expect(Buffer.byteLength(formatComment(written))).toBeLessThanOrEqual(127);
      }),
    );
  });

  const written = {
    id: 's44we8k3x90a',
    since: 1_700_000_000_000,
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
      'id=s44we8k3x90a reason=rule_allows bound=window_end end=keep rule=services.minecraft.allow[12] since=1700000000',
    );
  });

  it('leave out what the id tells anyway rather than the rule, and the rule rather than half of it', () => {
    const mac = '02:00:00:00:00:01';
    expect(formatComment({ ...written, mac, interface: 'eth0' })).toBe(
      `id=s44we8k3x90a mac=${mac} in=eth0 reason=rule_allows bound=window_end end=keep rule=${written.rule}`,
    );
    expect(formatComment({ ...written, mac, interface: 'fifteen-letters' })).toBe(
      `id=s44we8k3x90a mac=${mac} in=fifteen-letters reason=rule_allows bound=window_end end=keep since=1700000000`,
    );
    expect(parseComment(`id=s44we8k3x90a mac=${mac}`, 0).since).toBe(1_700_000_000_000);
  });

  it('say nothing of a rule where there is none', () => {
    expect(formatComment({ ...written, rule: null })).not.toContain('rule=-');
  });

  it('round the start to the second', () => {
    expect(parseComment(formatComment({ ...written, since: 1_999 }), 0).since).toBe(1_000);
  });

  const unknown = {
    id: null,
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
    'id=ZZZZZZZZZZZZ since=99999999999999999999',
    'id=zzzzzzzzzzzzzzzzzzzz',
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
