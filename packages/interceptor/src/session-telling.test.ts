// SPDX-License-Identifier: MIT
import type { EventIdentity } from '@nftoggle/bus';
import { eventData } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { aFlow } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { aSession, unused } from './session.fixture.ts';
import { newSessionId } from './session-id.ts';
import { readUntold, SessionTelling, type Untold } from './session-telling.ts';

const start = Date.parse('2026-01-05T12:00:00Z');
const mine = aSession({ id: newSessionId(start), since: start, until: start + 60_000 });

/** A life that tells; what is published is answered by hand. */
function setUp() {
  const published: { type: string; identity: EventIdentity; answer: (isStored: boolean) => void }[] = [];
  const calls = { new: 0, told: 0 };
  const counted: string[] = [];
  const problems: string[] = [];
  const world = { isWrong: false, ahead: 0 };
  const telling = new SessionTelling({
    publish: (type, _data, _service, identity) => {
      if (world.isWrong) throw new TypeError('no event');
      const { promise, resolve } = Promise.withResolvers<boolean>();
      published.push({ type, identity, answer: resolve });
      return promise;
    },
    onNew: () => {
      calls.new += 1;
    },
    onTold: () => {
      calls.told += 1;
    },
    onStarted: (service) => counted.push(`started ${service}`),
    onEnded: (service, reason) => counted.push(`ended ${service} ${reason}`),
    log: {
      warn: (message: string) => problems.push(message),
      error: (_: unknown, message: string) => problems.push(message),
    } as unknown as Logger,
    clock: { now: () => start, wall: () => start + world.ahead },
  });
  const answer = async (isStored: boolean, at = 0): Promise<void> => {
    published[at]?.answer(isStored);
    await new Promise(setImmediate);
  };
  const end = (at = start + 5_000): void => telling.ended(mine, 'idle', unused, 0, at);
  const types = () => published.map(({ type }) => type);
  return { telling, published, types, calls, counted, problems, world, answer, end };
}

describe('telling of sessions', () => {
  it('tells of a beginning at once, and of an end when the next life would know of it', () => {
    const { telling, types, end, calls } = setUp();
    telling.started(aFlow(), mine);
    end();
    expect(types()).toEqual(['session_started']);
    expect([calls.new, telling.untold.length]).toEqual([2, 2]);
    telling.release();
    expect(types()).toEqual(['session_started', 'session_ended']);
  });

  it('keeps the order: a beginning waits behind an end that waits', () => {
    const { telling, types, end } = setUp();
    end();
    telling.started(aFlow(), mine);
    expect(types()).toEqual([]);
    telling.release();
    expect(types()).toEqual(['session_ended', 'session_started']);
  });

  it('forgets what is stored, and tells again what was lost, with the same id and time', async () => {
    const { telling, published, calls, answer } = setUp();
    telling.started(aFlow(), mine);
    await answer(false);
    expect(telling.untold).toHaveLength(1);
    telling.again();
    telling.again();
    expect(published).toHaveLength(2);
    expect(published[1]?.identity).toEqual(published[0]?.identity);
    await answer(true, 1);
    expect([telling.untold.length, calls.told]).toEqual([0, 1]);
  });

  it('tells what the life before had not told for good, before all else and as that had it', () => {
    const before = setUp();
    before.telling.started(aFlow(), mine);
    before.end();
    const { untold } = before.telling;
    const next = setUp();
    next.telling.takeOver(JSON.parse(JSON.stringify(untold)) as Untold[]);
    next.telling.started(aFlow(), mine);
    next.telling.release();
    expect(next.types()).toEqual(['session_started', 'session_ended', 'session_started']);
    expect(next.published.slice(0, 2).map(({ identity }) => identity)).toEqual(
      untold.map(({ identity }) => identity),
    );
    expect(next.counted).toEqual(['started ssh']);
  });

  it('gives one session one id for its beginning, in whatever life', () => {
    const [first, second] = [setUp(), setUp()];
    first.telling.started(aFlow(), mine);
    second.telling.started(aFlow({ destinationPort: 9 }), { ...mine, since: mine.since + 400 });
    expect(second.published[0]?.identity.id).toBe(first.published[0]?.identity.id);
    first.telling.started(aFlow(), aSession({ id: newSessionId(start) }));
    expect(first.published[1]?.identity.id).not.toBe(first.published[0]?.identity.id);
  });

  it('tells when it was over, and of events when they happened', () => {
    const { telling, published } = setUp();
    const session = { ...mine, since: start - 100_400, began: start - 100_400 };
    telling.started(aFlow(), session);
    telling.ended(session, 'idle', unused, 0, start - 90_000);
    const [started, ended] = telling.untold;
    expect(started?.identity.time).toBe('2026-01-05T11:58:19.600Z');
    expect(ended?.data).toMatchObject({
      since: '2026-01-05T11:58:19.600Z',
      ended: '2026-01-05T11:58:30.000Z',
    });
    expect(ended?.identity.time).toBe('2026-01-05T12:00:00.000Z');
    expect(published).toHaveLength(1);
  });

  it('says what contracts promise, and reads it back', () => {
    const { telling, end, counted } = setUp();
    const source = { mac: '02:00:00:00:00:01', outside: true } as const;
    telling.started(aFlow(), { ...mine, reason: 'adopted' });
    telling.ended({ ...mine, ...source }, 'revoked', unused, 2, start);
    end();
    for (const event of telling.untold) {
      expect(eventData[event.type].safeParse(event.data).success).toBe(true);
      expect(readUntold(JSON.parse(JSON.stringify(event)))).toEqual(event);
    }
    expect(counted).toEqual(['started ssh', 'ended ssh revoked', 'ended ssh idle']);
  });

  it.each([null, 7, {}, { type: 'session_ended' }, { type: 'access_denied', data: {}, identity: {} }])(
    'takes nothing else for what it wrote: %j',
    (value) => expect(readUntold(value)).toBeUndefined(),
  );

  it.each([
    ['forwards', 3_600_000],
    ['back', -3_600_000],
  ])('tells how long it was, though the clock was set %s meanwhile', (_, ahead) => {
    const { telling, world } = setUp();
    world.ahead = ahead;
    telling.ended({ ...mine, since: start - 60_000, began: start - 60_000 }, 'idle', unused, 0, start);
    const [since, ended] = [start - 60_000, start].map((at) => new Date(at + ahead).toISOString());
    expect(telling.untold[0]?.data).toMatchObject({ since, ended });
  });

  it('tells of none that it ended before it began, whatever a file says', () => {
    const { telling, end } = setUp();
    end(start - 1);
    expect(telling.untold[0]?.data).toMatchObject({ ended: new Date(start).toISOString() });
  });

  it('tells only what is written, where more is new by then', () => {
    const { telling, published, end } = setUp();
    end();
    const written = telling.untold;
    end(start + 6_000);
    telling.release(written);
    expect(published).toHaveLength(1);
    telling.release();
    expect(published).toHaveLength(2);
  });

  it('loses none that was told to nobody yet, however many end at once', () => {
    const { telling, published, problems, end } = setUp();
    for (let i = 0; i < 6_000; i++) end(start + i);
    expect(telling.untold).toHaveLength(6_000);
    telling.release();
    expect(published).toHaveLength(6_000);
    end();
    expect(telling.untold.length).toBeLessThan(6_001);
    for (let i = 0; i < 10; i++) end();
    expect(problems, 'said once').toHaveLength(1);
  });

  it('goes on where an event cannot be made, and where too many wait', () => {
    const { telling, world, end, problems } = setUp();
    world.isWrong = true;
    telling.started(aFlow(), mine);
    expect(problems).toEqual(['an event about a session could not be made']);
    for (let i = 0; i < 5_000; i++) end();
    expect(telling.untold).toHaveLength(5_000);
    expect(problems).toContain('too many events about sessions wait: a restart will not know the oldest');
  });
});
