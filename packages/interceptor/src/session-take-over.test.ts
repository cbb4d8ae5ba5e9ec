// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { aSession, network, unused } from './session.fixture.ts';
import type { OldMemory } from './session-file.ts';
import { derivedSessionId, newSessionId } from './session-id.ts';
import { recordOf } from './session-records.ts';
import { planTakeOver } from './session-take-over.ts';
import type { OpenSession } from './sessions.ts';

const now = Date.parse('2026-01-05T12:00:00Z');
const clock = { now: () => now + 77, wall: () => now };
const since = now - 3_600_000;
const seen = now - 10_000;

function aLive(changes: Partial<OpenSession> = {}): OpenSession {
  const began = (changes.since ?? since) + 77;
  return aSession({ id: newSessionId(since), since, began, until: clock.now() + 60_000, ...changes });
}
function remembering(...sessions: OpenSession[]): OldMemory {
  return {
    sessions: sessions.map((session) => recordOf(session, { use: unused, flows: [] }, clock)),
    untold: [],
    isOfThisBoot: true,
    seen,
    damaged: 0,
  };
}
/** What becomes of each, in a word. */
function plan(inKernel: readonly OpenSession[], memory: OldMemory | undefined, isSameTable = true) {
  const { live, due, over } = planTakeOver(inKernel, memory, isSameTable, clock);
  return {
    live: live.map(({ session }) => session),
    known: live.map(({ record }) => record?.session.session),
    due: due.map(({ session }) => session),
    over: over.map(({ session, reason, ended }) => [session.id, reason, ended - clock.now()]),
  };
}

describe('sessions of a life before', () => {
  it('that stand in the kernel go on as what they were, until when the kernel has them', () => {
    const before = aLive({ since: since + 123, accounts: ['person.leo'], interface: 'lan0' });
    const until = before.until + 5_000;
    const inKernel = aSession({ ...before, since, accounts: [], rule: null, until, bound: 'grant_end' });
    expect(plan([inKernel], remembering(before))).toEqual({
      live: [{ ...before, until, bound: 'grant_end' }],
      known: [before.id],
      due: [],
      over: [],
    });
  });

  it('that an older version opened are known again, by their place', () => {
    const inKernel = aLive();
    const unnamed = { ...inKernel, id: derivedSessionId(inKernel) };
    expect(plan([unnamed], remembering(unnamed)).known).toEqual([unnamed.id]);
    const byHand = aSession({ ...unnamed, since: now, id: derivedSessionId({ ...unnamed, since: now }) });
    expect(plan([byHand], remembering(unnamed)).live).toMatchObject([{ id: unnamed.id, since }]);
  });

  it('that nobody remembers go on as well', () => {
    const inKernel = aLive();
    for (const memory of [undefined, remembering()])
      expect(plan([inKernel], memory)).toMatchObject({ live: [inKernel], known: [undefined], over: [] });
  });

  it('whose time was over meanwhile are due', () => {
    const over = aLive({ until: clock.now() - 5_000, bound: 'window_end' });
    const justNow = aLive({ until: clock.now() + 500, covers: network('203.0.113.8') });
    expect(plan([], remembering(over, justNow))).toEqual({
      live: [],
      known: [],
      due: [over, justNow],
      over: [],
    });
  });

  it('that somebody took out of the kernel were over when they were seen last', () => {
    const session = aLive();
    expect(plan([], remembering(session)).over).toEqual([[session.id, 'revoked', seen - now]]);
  });

  it('whose source has another one by now were over when their time was, or somebody ended them', () => {
    const next = aLive();
    const [over, ended] = [aLive({ until: clock.now() - 5_000 }), aLive()];
    const { live, due, over: gone } = plan([next], remembering(over, ended));
    expect([live, due]).toEqual([[next], []]);
    expect(gone).toEqual([
      [over.id, null, -5_000],
      [ended.id, 'revoked', seen - now],
    ]);
  });

  it('went with the table, or with the machine, when they were seen last', () => {
    const sessions = [aLive({ until: clock.now() - 5_000 }), aLive({ covers: network('2001:db8::7') })];
    const { live, due, over } = plan([], remembering(...sessions), false);
    expect([live, due]).toEqual([[], []]);
    expect(over).toEqual(sessions.map(({ id }) => [id, 'shutdown', seen - now]));
  });

  it('are none where there was neither a table nor a file', () => {
    expect(plan([], undefined, false)).toEqual({ live: [], known: [], due: [], over: [] });
  });

  it('are not told to have ended in the future, where the clock was set back meanwhile', () => {
    const before = aLive();
    const memory = { ...remembering(before), seen: now + 86_400_000 };
    expect(plan([], memory, false).over).toEqual([[before.id, 'shutdown', 0]]);
  });

  it('are found among many without a look at each of them for each', () => {
    let looks = 0;
    const many = Array.from({ length: 500 }, (_, i) =>
      aLive({ covers: network(`10.0.${i >> 8}.${i & 255}`) }),
    );
    const memory = remembering(...many);
    const counted = many.map((session) => ({
      ...session,
      get covers() {
        looks += 1;
        return session.covers;
      },
    }));
    expect(plan(counted, memory).known).toEqual(many.map(({ id }) => id));
    expect(looks).toBeLessThan(20 * many.length);
  });
});
