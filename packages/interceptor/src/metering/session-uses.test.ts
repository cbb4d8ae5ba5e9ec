// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aConnection } from '../flow.fixture.ts';
import type { ConntrackFlow } from '../native.ts';
import { FakeConntrack } from './conntrack.fixture.ts';
import type { OwnerOf } from './flow-counts.ts';
import { SessionUses } from './session-uses.ts';

const id = '000000aaaaaa';
const peer = '203.0.113.7';
const settings = { tick: 10_000, idleBytes: 1_000 };
const ownerOf: OwnerOf = ({ original }) =>
  [original.source, original.destination].includes(peer)
    ? { session: id, isReversed: original.source !== peer }
    : undefined;
const bytesOf = ({ from_source, to_source }: ReturnType<SessionUses['of']>) => [
  from_source?.bytes,
  to_source?.bytes,
];

function setUp(now = 0) {
  const uses = new SessionUses(now);
  uses.open(id, now);
  const look = (at: number, ...flows: ConntrackFlow[]): void => uses.look(flows, ownerOf, at);
  const begin = (at: number, flow: ConntrackFlow): void => uses.hear([{ kind: 'new', flow }], ownerOf, at);
  const end = (at: number, flow: ConntrackFlow): void => uses.hear([{ kind: 'destroy', flow }], ownerOf, at);
  const active = (at: number): number => {
    uses.measure([{ id, accounts: [] }], at, settings);
    return uses.of(id).active;
  };
  return { uses, look, begin, end, active };
}

describe('what a session was used for', () => {
  it('is nothing before it had a connection', () => {
    const nothing = { packets: 0, bytes: 0 };
    expect(setUp().uses.of(id)).toEqual({
      connections: 0,
      active: 0,
      from_source: nothing,
      to_source: nothing,
    });
  });

  it('is told each way, whichever side conntrack takes for the one who opened it', () => {
    const { uses, look } = setUp();
    const flow = aConnection({ bytes: 500 });
    look(1, flow, { ...flow, id: 2, original: flow.reply, reply: flow.original });
    expect(bytesOf(uses.of(id))).toEqual([500, 500]);
    expect(uses.of(id).connections).toBe(2);
  });

  it('takes no room for connections that are over, however long nobody looks', () => {
    const { uses, begin, end } = setUp();
    for (let i = 0; i < 5_000; i++) {
      const flow = aConnection({ sourcePort: i, bytes: 100 });
      begin(i, flow);
      end(i, flow);
    }
    expect([uses.hasConnections, uses.of(id).connections]).toEqual([false, 5_000]);
  });

  it('is no idle time where nobody hears of connections, and looks show closed ones alone', () => {
    const { uses, look } = setUp();
    look(10_000);
    look(20_000, aConnection({ closed: true, bytes: 9_000 }));
    expect(uses.idleSince(id)).toBe(20_000);
    look(30_000, aConnection({ closed: true, bytes: 9_000 }));
    expect(uses.idleSince(id), 'it is only remembered').toBe(20_000);
  });

  it('has a connection of which no look ever knew, whole', () => {
    const { uses, look, begin, end, active } = setUp();
    look(10_000);
    begin(12_000, aConnection());
    end(13_000, aConnection({ bytes: 9_000 }));
    look(20_000);
    expect(uses.of(id)).toMatchObject({ connections: 1, to_source: { packets: 90, bytes: 9_000 } });
    expect(active(20_000)).toBe(1);
  });

  it('has what a connection moved between the last look and its end, and nothing of it twice', () => {
    const { uses, look, end } = setUp();
    look(10, aConnection({ bytes: 1_000 }));
    end(20, aConnection({ bytes: 1_300 }));
    look(30);
    look(40);
    expect(bytesOf(uses.of(id))).toEqual([0, 1_300]);
    expect(uses.of(id).connections).toBe(1);
  });

  it.each([
    ['before a look does', true],
    ['after the next look missed it', false],
  ])('has the last of a connection whose end is told %s', (_, isBefore) => {
    const { uses, look, end } = setUp();
    look(10, aConnection({ bytes: 1_000 }));
    if (!isBefore) look(20);
    end(25, aConnection({ bytes: 1_300 }));
    look(30);
    expect(bytesOf(uses.of(id))).toEqual([0, 1_300]);
  });

  it('has what was seen of a connection whose end is never told', () => {
    const { uses, look } = setUp();
    look(10, aConnection({ bytes: 1_000 }));
    for (const at of [20, 30, 40]) look(at);
    expect(bytesOf(uses.of(id))).toEqual([0, 1_000]);
    expect(uses.hasConnections).toBe(false);
  });

  it('counts a connection once that a look shows before its beginning is told', () => {
    const { uses, look, begin } = setUp();
    look(10, aConnection({ bytes: 100 }));
    begin(11, aConnection());
    look(20, aConnection({ bytes: 200 }));
    expect(uses.of(id)).toMatchObject({ connections: 1, to_source: { bytes: 200 } });
  });

  it('counts two connections with the same addresses, ports and id', () => {
    const { uses, look, begin, end } = setUp();
    begin(5, aConnection());
    look(10, aConnection({ bytes: 100 }));
    end(11, aConnection({ bytes: 150 }));
    begin(12, aConnection());
    look(20, aConnection({ bytes: 150 }));
    expect(uses.of(id)).toMatchObject({ connections: 2, to_source: { bytes: 300 } });
  });

  it('takes a second beginning for another connection where the end of the first was lost', () => {
    const { uses, look, begin } = setUp();
    begin(5, aConnection());
    look(10, aConnection({ bytes: 100 }));
    begin(12, aConnection());
    look(20, aConnection({ bytes: 120 }));
    expect(uses.of(id)).toMatchObject({ connections: 2, to_source: { bytes: 220 } });
  });

  it('does not count a connection again that is about to go and still shown', () => {
    const { uses, look, end } = setUp();
    look(10, aConnection({ bytes: 100 }));
    end(11, aConnection({ bytes: 150 }));
    look(11, aConnection({ bytes: 150 }));
    look(20);
    expect(uses.of(id)).toMatchObject({ connections: 1, to_source: { bytes: 150 } });
  });

  it('has nothing of what its connections moved while they were nobody’s', () => {
    const uses = new SessionUses(0);
    const flow = (bytes: number) => aConnection({ bytes });
    uses.look([flow(1_000_000)], () => undefined, 10);
    uses.open(id, 15);
    uses.look([flow(1_000_500)], ownerOf, 20);
    expect(uses.of(id)).toMatchObject({ connections: 1, to_source: { bytes: 500 } });
    uses.forget(id);
    uses.look([flow(2_000_000)], () => undefined, 30);
    expect(uses.of(id).connections).toBe(0);
  });

  it('is unknown in traffic once a connection was not counted, and known in all else', () => {
    const { uses, look, begin, end, active } = setUp();
    begin(1_000, aConnection());
    end(4_000, aConnection());
    look(10_000, aConnection({ sourcePort: 2, bytes: 100 }));
    expect(uses.of(id)).toMatchObject({ connections: 2, from_source: null, to_source: null });
    expect(active(10_000)).toBe(10);
  });

  it('is as long in time as something moved, whichever of its connections moved it', () => {
    const { look, active } = setUp();
    look(10_000, aConnection({ bytes: 0 }), aConnection({ sourcePort: 2, bytes: 0 }));
    active(10_000);
    look(20_000, aConnection({ bytes: 5_000 }), aConnection({ sourcePort: 2, bytes: 5_000 }));
    expect(active(20_000)).toBe(10);
    look(30_000, aConnection({ bytes: 5_000 }), aConnection({ sourcePort: 2, bytes: 5_000 }));
    expect(active(30_000)).toBe(10);
  });

  it('goes on in the next life where it was, with the connections that it knew', () => {
    const first = setUp();
    first.begin(5, aConnection());
    first.look(10, aConnection({ bytes: 1_000 }), aConnection({ sourcePort: 2, bytes: 70 }));
    const record = first.uses.records(new Set([id])).get(id);
    const next = new SessionUses(1_000);
    if (record !== undefined) next.restore(id, JSON.parse(JSON.stringify(record)), 1_000);
    next.look([aConnection({ bytes: 1_200 })], ownerOf, 1_000, true);
    next.hear([{ kind: 'destroy', flow: aConnection({ bytes: 1_250 }) }], ownerOf, 1_100);
    expect(next.of(id)).toMatchObject({ connections: 2, to_source: { bytes: 1_320 } });
  });

  it('is no use of the time in which nobody was there to see it', () => {
    const uses = new SessionUses(1_000);
    const none = { packets: 0, bytes: 0 };
    const use = { connections: 1, active: 7, from_source: none, to_source: none };
    uses.restore(id, { use, flows: [] }, 1_000);
    uses.look([aConnection({ bytes: 90_000 })], ownerOf, 1_000, true);
    uses.measure([{ id, accounts: ['person.leo'] }], 1_000, settings);
    uses.look([aConnection({ bytes: 90_000 })], ownerOf, 11_000);
    expect(uses.measure([{ id, accounts: ['person.leo'] }], 11_000, settings)).toEqual([]);
    expect(uses.of(id)).toMatchObject({ connections: 2, active: 7, to_source: { bytes: 90_000 } });
  });

  it('is idle since it surely had no live connection, and since its beginning where it had none', () => {
    const { uses, look, begin, end } = setUp(100);
    const idleAfter = (step: () => void): number => {
      step();
      return uses.idleSince(id);
    };
    const closed = aConnection({ closed: true });
    expect(idleAfter(() => look(1_000))).toBe(100);
    expect(idleAfter(() => begin(2_000, aConnection()))).toBe(2_000);
    expect(idleAfter(() => look(3_000, aConnection()))).toBe(3_000);
    expect(
      idleAfter(() => look(4_000, closed)),
      'it may have lived until then',
    ).toBe(4_000);
    expect(idleAfter(() => look(5_000, closed))).toBe(4_000);
    expect(idleAfter(() => end(6_000, closed))).toBe(4_000);
    expect(idleAfter(() => end(7_000, aConnection({ sourcePort: 2 })))).toBe(7_000);
    expect(idleAfter(() => look(8_000))).toBe(7_000);
  });
});

/** What happens in the kernel, and when we read what it tells, or look at it. */
const aName = fc.constantFrom('1', '2', '3');
const aStep = fc.oneof(
  fc.record({
    step: fc.constant('begin' as const),
    name: aName,
    id: fc.constantFrom(1, 2),
    isReversed: fc.boolean(),
  }),
  fc.record({
    step: fc.constant('move' as const),
    name: aName,
    way: fc.constantFrom('fromSource' as const, 'toSource' as const),
    bytes: fc.integer({ min: 1, max: 3_000 }),
  }),
  fc.record({ step: fc.constant('end' as const), name: aName }),
);
type Step = typeof aStep extends fc.Arbitrary<infer S> ? S : never;
const aScene = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: aStep },
    { weight: 1, arbitrary: fc.constant({ step: 'read' as const }) },
    // Between what was read before a look and the look itself, and between the look and the next reading.
    {
      weight: 1,
      arbitrary: fc.record({
        step: fc.constant('look' as const),
        before: fc.array(aStep, { maxLength: 3 }),
        after: fc.array(aStep, { maxLength: 3 }),
      }),
    },
  ),
  { maxLength: 60 },
);

function happen(conntrack: FakeConntrack, step: Step, isOnlyNew = false): void {
  if (step.step === 'move') conntrack.move(step.name, step.way, step.bytes);
  else if (step.step === 'end') conntrack.end(step.name);
  // A new connection never has the ports of one that is there; one that has just gone leaves its id behind.
  else if (!conntrack.names.includes(step.name) && !isOnlyNew)
    conntrack.begin(step.name, step.id, step.isReversed);
}

describe('whatever the order of events and looks', () => {
  it('every connection and every byte counts once', () => {
    fc.assert(
      fc.property(aScene, (scene) => {
        const conntrack = new FakeConntrack();
        const { uses } = setUp();
        let now = 0;
        const read = (): void => uses.hear(conntrack.read(), ownerOf, ++now);
        const look = (before: readonly Step[] = [], after: readonly Step[] = []): void => {
          read();
          for (const step of before) happen(conntrack, step, true);
          uses.look(conntrack.list(), ownerOf, ++now);
          for (const step of after) happen(conntrack, step);
          read();
        };
        for (const step of scene) {
          if (step.step === 'read') read();
          else if (step.step === 'look') look(step.before, step.after);
          else happen(conntrack, step);
        }
        look();
        const { connections, fromSource, toSource } = conntrack.truth;
        expect([uses.of(id).connections, ...bytesOf(uses.of(id))]).toEqual([
          connections,
          fromSource,
          toSource,
        ]);
      }),
      { numRuns: 500 },
    );
  });

  it('nothing counts twice where events are lost', () => {
    fc.assert(
      fc.property(aScene, fc.array(fc.nat(59)), (scene, losing) => {
        const conntrack = new FakeConntrack();
        const { uses } = setUp();
        let now = 0;
        for (const [at, step] of scene.entries()) {
          if (step.step === 'read' || step.step === 'look') {
            uses.hear(conntrack.read(), ownerOf, ++now);
            if (conntrack.isLosing || step.step === 'look') uses.look(conntrack.list(), ownerOf, ++now);
            conntrack.isLosing = false;
          } else {
            // Once a socket has run over nothing comes until it is read.
            conntrack.isLosing ||= losing.includes(at);
            happen(conntrack, step);
          }
        }
        const { from_source, to_source, connections } = uses.of(id);
        expect(from_source?.bytes).toBeLessThanOrEqual(conntrack.truth.fromSource);
        expect(to_source?.bytes).toBeLessThanOrEqual(conntrack.truth.toSource);
        expect(connections).toBeLessThanOrEqual(conntrack.truth.connections);
      }),
      { numRuns: 500 },
    );
  });
});
