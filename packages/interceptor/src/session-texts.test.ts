// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, it } from 'vitest';
import { aConnection } from './flow.fixture.ts';
import { SessionUses } from './metering/session-uses.ts';
import { aSession, FakeSets, network } from './session.fixture.ts';
import type { SessionRecord } from './session-records.ts';
import { SessionTexts } from './session-texts.ts';
import { type OpenSession, Sessions } from './sessions.ts';

const start = Date.parse('2026-01-05T12:00:00Z');
const ids = Array.from({ length: 200 }, (_, i) => `000000${String(i).padStart(6, '0')}`);
const ownerOf = (flow: ReturnType<typeof aConnection>) => ({
  session: ids[Number(flow.original.source.split('.')[3])] ?? '',
  isReversed: false,
});

let sessions: Sessions;
let uses: SessionUses;
let texts: SessionTexts;
let all: OpenSession[];
let ahead: number;
beforeEach(() => {
  ahead = 0;
  sessions = new Sessions(new FakeSets(), 64);
  uses = new SessionUses(start);
  texts = new SessionTexts({ sessions, uses, clock: { now: () => start, wall: () => start + ahead } });
  all = ids.map((id, i) =>
    aSession({ id, covers: network(`10.0.0.${i}`), since: start, until: start + 60_000 }),
  );
  for (const session of all) open(session);
});

function open(session: OpenSession): void {
  sessions.open(session, start);
  uses.open(session.id, start);
  texts.change(session);
}
const first = (): OpenSession => all[0] ?? aSession();
const records = (): SessionRecord[] => texts.list().map((text) => JSON.parse(text));
const bytesOf = (): (number | undefined)[] => records().map(({ session }) => session.use.to_source?.bytes);
const move = (bytes: number, ...numbers: number[]): void =>
  uses.look(
    numbers.map((i) => aConnection({ source: `10.0.0.${i}`, bytes, id: i })),
    ownerOf,
    start,
  );
/** How many turns it takes. */
const renew = (): number => [...texts.renew()].length;

describe('sessions as text', () => {
  it('are all there at any time, and made a few at a time', () => {
    expect(records().map(({ session }) => session.session)).toEqual(ids);
    expect([renew(), texts.isStale]).toEqual([3, false]);
    expect(records().map(({ session }) => session.session)).toEqual(ids);
  });

  it('are made anew for those alone that changed', () => {
    renew();
    move(1_000, 0, 1);
    expect(texts.isStale).toBe(true);
    expect(renew()).toBe(0);
    expect(bytesOf().slice(0, 3)).toEqual([1_000, 1_000, 0]);
    expect(texts.isStale).toBe(false);
  });

  it('have use and counters of one moment, whatever moves between two turns', () => {
    move(1_000, ...ids.keys());
    const turns = texts.renew();
    turns.next();
    move(5_000, ...ids.keys());
    while (turns.next().done !== true);
    for (const { session, flows } of records())
      expect(flows.map(({ traffic }) => traffic?.reply)).toEqual([session.use.to_source]);
    expect([...new Set(bytesOf())]).toEqual([1_000]);
    renew();
    expect([...new Set(bytesOf())]).toEqual([5_000]);
  });

  it('have no session that ended between two turns, and one that changed as it is next time', () => {
    const turns = texts.renew();
    turns.next();
    const [gone, changed] = [all[150] ?? aSession(), all[151] ?? aSession()];
    sessions.forget(gone);
    uses.forget(gone.id);
    texts.forget(gone);
    open({ ...changed, bound: 'window_end' });
    while (turns.next().done !== true);
    expect(records()).toHaveLength(199);
    expect(texts.isStale).toBe(true);
    renew();
    expect(records().find(({ session }) => session.session === changed.id)?.session.bound).toBe('window_end');
  });

  it('are all made anew when the clock was set, by which they tell their end', () => {
    renew();
    ahead = 3_600_000;
    expect(texts.isStale).toBe(true);
    renew();
    const until = new Date(first().until + ahead).toISOString();
    expect(records()[0]?.session).toMatchObject({ until, since: new Date(start + ahead).toISOString() });
  });
});
