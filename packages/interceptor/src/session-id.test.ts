// SPDX-License-Identifier: MIT
import { SessionId } from '@nftoggle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aSession, network } from './session.fixture.ts';
import { beginningOf, derivedSessionId, isSessionId, newSessionId } from './session-id.ts';

const aBeginning = fc.integer({ min: 0, max: 2 ** 42 });

describe('the id of a session', () => {
  it('is one in the sense of the contracts, and tells when the session began', () => {
    fc.assert(
      fc.property(aBeginning, (since) => {
        for (const id of [newSessionId(since), derivedSessionId(aSession({ since }))]) {
          expect(SessionId.safeParse(id).success && isSessionId(id)).toBe(true);
          expect(beginningOf(id)).toBe(Math.floor(since / 1_000) * 1_000);
        }
      }),
    );
  });

  it('is another one for each session that begins in the same second', () => {
    const ids = Array.from({ length: 1_000 }, () => newSessionId(1_700_000_000_000));
    expect(new Set(ids).size).toBe(1_000);
  });

  it('is derived alike by each life of the interceptor, and from all that tells sessions apart', () => {
    const session = aSession({ covers: network('fe80::7'), link: 'lan0', since: 1_700_000_000_999 });
    expect(derivedSessionId({ ...session, since: 1_700_000_000_000 })).toBe(derivedSessionId(session));
    const others = [
      { service: 'web' },
      { covers: network('fe80::8') },
      { link: 'lan1' },
      { since: 1_700_000_001_000 },
    ].map((changes) => derivedSessionId(aSession({ ...session, ...changes })));
    expect(new Set([derivedSessionId(session), ...others]).size).toBe(5);
  });

  it('of somebody else is none that events could be told of', () => {
    expect(['', 'short', 'ZZZZZZZZZZZZ', 'zzzzzzzzzzzzzzzzzzzz', null].filter(isSessionId)).toEqual([]);
  });
});
