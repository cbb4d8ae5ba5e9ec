// SPDX-License-Identifier: MIT
import { reasons } from '@nftoggle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatComment, parseComment } from './session-comment.ts';

const aName = fc.oneof(fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/), fc.constant('x'.repeat(63)));
const aComment = fc.record({
  since: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1_000),
  mac: fc.option(fc.constant('02:00:00:00:00:01')),
  reason: fc.constantFrom(...Object.keys(reasons)),
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

  it('keep the rule of a name of usual length', () => {
    const written = { since: 1_000, mac: null, reason: 'rule_allows', rule: 'services.minecraft.allow[12]' };
    expect(formatComment(written)).toBe('since=1 mac=- reason=rule_allows rule=services.minecraft.allow[12]');
  });

  it('round the start to the second', () => {
    const written = { since: 1_999, mac: null, reason: 'rule_allows', rule: null };
    expect(parseComment(formatComment(written), 0).since).toBe(1_000);
  });

  it.each(['', 'hello', '=', 'since=soon mac= reason= rule=', 'since=', 'since=- mac=-'])(
    'are unknown where they are unreadable: "%s"',
    (text) => {
      expect(parseComment(text, 7_000)).toEqual({ since: 7_000, mac: null, reason: 'adopted', rule: null });
    },
  );

  it('never throw, whatever somebody else wrote there', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseComment(text, 0)));
  });
});
