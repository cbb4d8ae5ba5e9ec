// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeCounts } from './counts.fixture.ts';
import { Unasked } from './unasked.ts';

function setUp() {
  const kernel = new FakeCounts();
  const told: [string, number, number, number][] = [];
  const unasked = new Unasked(
    {
      takeCounts: () => kernel.take(),
      inFlight: () => kernel.inFlight,
      onCounted: (service, packets, { first, last }) => told.push([service, packets, first, last]),
    },
    1_000,
  );
  return { kernel, told, unasked };
}

describe('Unasked', () => {
  const table = [
    { what: 'nothing', counts: {}, arrived: 0, told: 0 },
    { what: 'a question that reached us', counts: { asked: 1 }, arrived: 1, told: 0 },
    { what: 'one that we let in', counts: { asked: 1, entered: 1, opened: 1 }, arrived: 1, told: 0 },
    { what: 'questions over a limit', counts: { asked: 10 }, arrived: 3, told: 7 },
    { what: 'packets that begin nothing', counts: { entered: 4 }, arrived: 0, told: 4 },
    { what: 'connections of a session', counts: { entered: 4, opened: 4 }, arrived: 0, told: 0 },
    { what: 'all of it', counts: { asked: 9, entered: 8, opened: 6 }, arrived: 5, told: 6 },
  ];

  it.each(table)('counts $told packets for $what', ({ counts, arrived, told }) => {
    const { kernel, unasked } = setUp();
    kernel.add('ssh', counts);
    unasked.arrived('ssh', arrived);
    unasked.read(2_000);
    expect(unasked.total).toBe(told);
  });

  it('tells services apart, and when it was, between two readings', () => {
    const { kernel, unasked, told } = setUp();
    kernel.add('ssh', { asked: 2 });
    unasked.read(2_000);
    kernel.add('ssh', { asked: 1 });
    kernel.add('game', { entered: 5 });
    unasked.arrived('ssh');
    unasked.read(3_000);
    expect(told).toEqual([
      ['ssh', 2, 1_000, 2_000],
      ['game', 5, 2_000, 3_000],
    ]);
    expect(unasked.totals).toEqual(
      new Map([
        ['ssh', 2],
        ['game', 5],
      ]),
    );
  });

  it('leaves what is on its way to us for the next time', () => {
    const { kernel, unasked } = setUp();
    kernel.add('ssh', { asked: 10 });
    kernel.inFlight = 4;
    unasked.arrived('ssh', 3);
    unasked.read(2_000);
    expect(unasked.total).toBe(3);
    kernel.inFlight = 0;
    unasked.arrived('ssh', 4);
    unasked.read(3_000);
    expect(unasked.total).toBe(3);
  });

  it('counts what waited for us when the queues closed', () => {
    const { kernel, unasked } = setUp();
    kernel.add('ssh', { asked: 5 });
    unasked.arrived('ssh', 2);
    // Two were held and not answered, and three were never given to us.
    unasked.arrived('ssh', -2);
    unasked.read(2_000);
    expect(unasked.total).toBe(5);
  });

  it('is never negative when a packet passes while its two counters are read', () => {
    const { kernel, unasked } = setUp();
    kernel.add('ssh', { opened: 1 });
    unasked.read(2_000);
    expect(unasked.total).toBe(0);
    kernel.add('ssh', { entered: 1 });
    unasked.read(3_000);
    expect(unasked.total).toBe(0);
  });

  it('starts afresh where somebody took the counters away, and misses no later drop', () => {
    const { kernel, unasked } = setUp();
    kernel.add('ssh', { asked: 20 });
    unasked.arrived('ssh', 20);
    kernel.lose();
    unasked.read(2_000);
    kernel.add('ssh', { asked: 3 });
    unasked.read(3_000);
    expect(unasked.total).toBe(3);
  });

  it('counts for a life of before what the kernel counted since', () => {
    const { kernel, unasked } = setUp();
    kernel.add('ssh', { asked: 1_000, entered: 3 });
    unasked.read(1_000);
    expect(unasked.total).toBe(1_003);
  });

  /** What can happen to a packet that is asked about, one thing after the other. */
  const steps = fc.array(
    fc.constantFrom('asked', 'limit', 'arrives', 'flushed', 'stray', 'session', 'read'),
    {
      maxLength: 300,
    },
  );

  it('has every dropped packet once in the end, and never one too many, whenever it is read', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { kernel, unasked } = setUp();
        let dropped = 0;
        for (const step of all) {
          if (step === 'asked' || step === 'limit') kernel.add('ssh', { asked: 1 });
          if (step === 'asked') kernel.inFlight += 1;
          if (step === 'stray') kernel.add('ssh', { entered: 1 });
          if (step === 'session') kernel.add('ssh', { entered: 1, opened: 1 });
          if (step === 'arrives' && kernel.inFlight > 0) unasked.arrived('ssh');
          const isGone = (step === 'arrives' || step === 'flushed') && kernel.inFlight > 0;
          if (isGone) kernel.inFlight -= 1;
          if (step === 'limit' || step === 'stray' || (isGone && step === 'flushed')) dropped += 1;
          if (step === 'read') unasked.read(2_000);
          expect(unasked.total).toBeLessThanOrEqual(dropped);
        }
        dropped += kernel.inFlight;
        kernel.inFlight = 0;
        unasked.read(3_000);
        expect(unasked.total).toBe(dropped);
      }),
    );
  });
});
