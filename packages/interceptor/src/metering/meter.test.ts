// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aConnection } from '../flow.fixture.ts';
import type { ConntrackFlow } from '../native.ts';
import { FlowCounts, type Movement } from './flow-counts.ts';
import { Meter, type Metered } from './meter.ts';

/** At least 1,000 bytes in ten seconds are use. */
const settings = { tick: 10_000, idleBytes: 1_000 };
const leo = 'person.leo';

interface Session extends Metered {
  readonly flows: readonly ConntrackFlow[];
}

function aMetered(flows: readonly ConntrackFlow[], changes: Partial<Metered> = {}): Session {
  return { id: 'first', accounts: [leo], opened: 0, flows, ...changes };
}

/** A meter that is told what looks at connections show, and what it charges for. */
function setUp() {
  const counts = new FlowCounts(0);
  const meter = new Meter(0);
  const note = (moved: readonly Movement[]): void => {
    for (const movement of moved) meter.note(movement);
  };
  const measure = (now: number, ...sessions: Session[]) => {
    const owners = new Map(sessions.flatMap(({ id, flows }) => flows.map((flow) => [flow, id] as const)));
    const ownerOf = (flow: ConntrackFlow) => ({ session: owners.get(flow) ?? '', isReversed: false });
    note(counts.look([...owners.keys()], ownerOf, now).moved);
    const { uses } = meter.measure(sessions, now, settings);
    return uses.flatMap(({ account, spans }) => spans.map((span) => ({ account, ...span })));
  };
  const mine = { session: 'first', isReversed: false };
  const begin = (now: number, flow: ConntrackFlow): void => note(counts.began(flow, mine, now));
  const end = (now: number, flow: ConntrackFlow): void => note(counts.ended(flow, mine, now));
  return { counts, measure, begin, end };
}

describe('a meter', () => {
  it('finds an account in use for all the time since the last measurement', () => {
    const { measure } = setUp();
    measure(10_000, aMetered([aConnection({ bytes: 0 })]));
    expect(measure(20_000, aMetered([aConnection({ bytes: 5_000 })]))).toEqual([
      { account: leo, from: 10_000, to: 20_000 },
    ]);
  });

  it('finds it in use since its session began, where that is less', () => {
    const { measure } = setUp();
    expect(measure(10_000, aMetered([aConnection({ bytes: 5_000 })], { opened: 7_000 }))).toEqual([
      { account: leo, from: 7_000, to: 10_000 },
    ]);
  });

  it('charges no keep-alive', () => {
    const { measure } = setUp();
    measure(10_000, aMetered([aConnection({ bytes: 100_000 })]));
    expect(measure(20_000, aMetered([aConnection({ bytes: 100_240 })]))).toEqual([]);
    expect(measure(30_000, aMetered([aConnection({ bytes: 100_480 })]))).toEqual([]);
  });

  it('charges no few large packets either, such as a keep-alive with much to say', () => {
    const { measure } = setUp();
    measure(10_000, aMetered([aConnection({ bytes: 0, packets: 10 })]));
    expect(measure(20_000, aMetered([aConnection({ bytes: 6_000, packets: 14 })]))).toEqual([]);
    expect(measure(30_000, aMetered([aConnection({ bytes: 12_000, packets: 19 })]))).toHaveLength(1);
  });

  it('takes much in few packets for use: conntrack counts what the network card put together as one', () => {
    const { measure } = setUp();
    measure(10_000, aMetered([aConnection({ bytes: 0, packets: 10 })]));
    expect(measure(20_000, aMetered([aConnection({ bytes: 120_000, packets: 14 })]))).toHaveLength(1);
  });

  it('adds up what all connections of a session moved', () => {
    const { measure } = setUp();
    const flows = (bytes: number) => [1, 2, 3].map((sourcePort) => aConnection({ sourcePort, bytes }));
    measure(10_000, aMetered(flows(0)));
    expect(measure(20_000, aMetered(flows(400)))).toHaveLength(1);
  });

  it('charges an account once, however many sessions use it at once', () => {
    const { measure } = setUp();
    const sessions = (bytes: number) => [
      aMetered([aConnection({ bytes })]),
      aMetered([aConnection({ bytes, sourcePort: 2 })], { id: 'second', opened: 4_000 }),
      aMetered([aConnection({ bytes, sourcePort: 3 })], { id: 'third' }),
    ];
    measure(10_000, ...sessions(0));
    expect(measure(20_000, ...sessions(5_000))).toEqual([{ account: leo, from: 10_000, to: 20_000 }]);
  });

  it('charges every account of a session', () => {
    const { measure } = setUp();
    const accounts = [leo, 'service.ssh.console'];
    expect(
      measure(10_000, aMetered([aConnection({ bytes: 5_000 })], { accounts })).map(({ account }) => account),
    ).toEqual(accounts);
  });

  it('scales what is idle to the length of the span', () => {
    const { measure } = setUp();
    measure(10_000, aMetered([aConnection({ bytes: 0 })]));
    expect(measure(12_000, aMetered([aConnection({ bytes: 600 })]))).toEqual([
      { account: leo, from: 10_000, to: 12_000 },
    ]);
    expect(measure(42_000, aMetered([aConnection({ bytes: 2_600 })]))).toEqual([]);
  });

  it('gives no time away because it was looked at too early to tell', () => {
    const { measure } = setUp();
    measure(10_000, aMetered([aConnection({ bytes: 0 })]));
    expect(measure(10_100, aMetered([aConnection({ bytes: 200 })]))).toEqual([]);
    expect(measure(10_300, aMetered([aConnection({ bytes: 600 })]))).toEqual([
      { account: leo, from: 10_000, to: 10_300 },
    ]);
  });

  it('takes a session for idle that moved nothing in half a tick', () => {
    const { measure } = setUp();
    measure(10_000, aMetered([aConnection({ bytes: 0 })]));
    measure(15_000, aMetered([aConnection({ bytes: 0 })]));
    expect(measure(20_000, aMetered([aConnection({ bytes: 5_000 })]))).toEqual([
      { account: leo, from: 15_000, to: 20_000 },
    ]);
  });

  it('charges no time twice that one session was in use and another was not yet known to be', () => {
    const { measure } = setUp();
    const sessions = (one: number, other: number) => [
      aMetered([aConnection({ bytes: one })]),
      aMetered([aConnection({ bytes: other, sourcePort: 2 })], { id: 'second' }),
    ];
    measure(10_000, ...sessions(0, 0));
    expect(measure(12_000, ...sessions(5_000, 0))).toEqual([{ account: leo, from: 10_000, to: 12_000 }]);
    expect(measure(15_000, ...sessions(5_000, 5_000))).toEqual([{ account: leo, from: 12_000, to: 15_000 }]);
  });

  it('does not take a new connection with the same addresses and ports for the old one', () => {
    const { measure } = setUp();
    measure(10_000, aMetered([aConnection({ bytes: 100_000, id: 1 })]));
    expect(measure(20_000, aMetered([aConnection({ bytes: 100_100, id: 2 })]))).toHaveLength(1);
    expect(measure(30_000, aMetered([aConnection({ bytes: 100, id: 3 })]))).toEqual([]);
  });

  it('counts what counters that run backwards say as a new connection', () => {
    const { measure } = setUp();
    measure(10_000, aMetered([aConnection({ bytes: 100_000 })]));
    expect(measure(20_000, aMetered([aConnection({ bytes: 5_000 })]))).toHaveLength(1);
  });

  it('takes a connection that nobody counts for use, while it is live', () => {
    const { measure } = setUp();
    expect(measure(10_000, aMetered([aConnection()]))).toHaveLength(1);
    expect(measure(20_000, aMetered([aConnection()]))).toHaveLength(1);
    expect(measure(30_000, aMetered([aConnection({ closed: true })]))).toEqual([]);
  });

  it('counts the last of a connection that is closed by now', () => {
    const { measure } = setUp();
    measure(10_000, aMetered([aConnection({ bytes: 0 })]));
    expect(measure(20_000, aMetered([aConnection({ bytes: 5_000, closed: true })]))).toHaveLength(1);
  });

  it('charges nothing for a session without connections', () => {
    const { measure } = setUp();
    expect(measure(10_000, aMetered([]))).toEqual([]);
  });

  it('charges nothing of what a connection moved before its session was metered', () => {
    const { counts, measure } = setUp();
    const flow = aConnection({ bytes: 1_000_000 });
    counts.look([flow], () => undefined, 10_000);
    expect(measure(20_000, aMetered([flow]))).toEqual([]);
  });

  it('charges a connection that came and went since the last measurement for its own life', () => {
    const { measure, begin, end } = setUp();
    measure(10_000, aMetered([]));
    begin(12_000, aConnection());
    end(14_500, aConnection({ bytes: 5_000 }));
    expect(measure(20_000, aMetered([]))).toEqual([{ account: leo, from: 12_000, to: 14_500 }]);
  });

  it('charges no short connection that moved little', () => {
    const { measure, begin, end } = setUp();
    measure(10_000, aMetered([]));
    begin(12_000, aConnection());
    end(12_100, aConnection({ bytes: 400 }));
    expect(measure(20_000, aMetered([]))).toEqual([]);
  });

  it('charges two short uses of an account, and nothing of the time between them', () => {
    const { measure, begin, end } = setUp();
    measure(10_000, aMetered([]), aMetered([], { id: 'second' }));
    begin(11_000, aConnection());
    end(12_000, aConnection({ bytes: 5_000 }));
    const late = aConnection({ sourcePort: 2, bytes: 5_000 });
    expect(measure(20_000, aMetered([]), aMetered([], { id: 'second' }))).toEqual([
      { account: leo, from: 11_000, to: 12_000 },
    ]);
    begin(20_000, aConnection({ sourcePort: 3 }));
    end(21_000, aConnection({ sourcePort: 3, bytes: 5_000 }));
    expect(measure(26_000, aMetered([]), aMetered([late], { id: 'second' }))).toEqual([
      { account: leo, from: 20_000, to: 26_000 },
    ]);
  });

  it('finds sessions without an account in use, too', () => {
    const meter = new Meter(0);
    const traffic = { fromSource: { packets: 10, bytes: 5_000 }, toSource: { packets: 0, bytes: 0 } };
    meter.note({ session: 'first', from: 1_000, to: 9_000, ...traffic, isUncounted: false });
    expect(meter.measure([{ id: 'first', accounts: [], opened: 0 }], 10_000, settings)).toEqual({
      activities: [{ session: 'first', from: 1_000, to: 9_000 }],
      uses: [],
    });
  });

  it('never charges an account for more time than has passed, whenever it is looked at', () => {
    const aLook = fc.record({ after: fc.integer({ min: 1, max: 30_000 }), moved: fc.array(fc.nat(3_000)) });
    fc.assert(
      fc.property(fc.array(aLook, { maxLength: 40 }), (looks) => {
        const { measure } = setUp();
        const bytes = new Map<number, number>();
        let [now, charged, end] = [0, 0, 0];
        for (const { after, moved } of looks) {
          now += after;
          for (const [i, more] of moved.entries()) bytes.set(i, (bytes.get(i) ?? 0) + more);
          const sessions = [...bytes].map(([sourcePort, sum]) =>
            aMetered([aConnection({ sourcePort, bytes: sum })], { id: `${sourcePort}` }),
          );
          for (const { from, to } of measure(now, ...sessions)) {
            expect(from).toBeGreaterThanOrEqual(end);
            end = to;
            charged += to - from;
          }
          expect(charged).toBeLessThanOrEqual(now);
        }
      }),
    );
  });
});
