// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aPacket } from './packet.fixture.ts';
import { Questions } from './questions.ts';
import { FakeQueue } from './queue/fake-queue.ts';
import { WakingRoom } from './waking-room.ts';

/** A queue whose packets are handed over by hand. */
function aQueue(): FakeQueue {
  return new FakeQueue('known', { onPackets: () => undefined, onTrouble: () => undefined });
}

function setUp(limit: number, waking = limit) {
  const queue = aQueue();
  const questions = new Questions(limit, new WakingRoom(waking, () => 1));
  const hold = (key: string, changes: Parameters<typeof aPacket>[0] = {}) => {
    const packet = aPacket(changes);
    queue.arrive(packet);
    return questions.hold(key, { packet, queue });
  };
  return { queue, questions, hold };
}

describe('Questions', () => {
  it('is asked once for all packets that come while it is under way', () => {
    const { questions, hold } = setUp(10);
    expect(hold('a', { id: 1, sourcePort: 1 })).toBe('first');
    expect(hold('a', { id: 2, sourcePort: 2 })).toBe('joined');
    expect(hold('b', { id: 3 })).toBe('first');
    expect(questions.take('a').map(({ packet }) => packet.id)).toEqual([1, 2]);
    expect(questions.held).toBe(1);
    expect(hold('a', { id: 4 })).toBe('first');
  });

  it('gives nothing for a question that nobody asked, and gives packets once', () => {
    const { questions, hold } = setUp(10);
    expect(questions.take('a')).toEqual([]);
    hold('a', { id: 1 });
    expect(questions.take('a')).toHaveLength(1);
    expect(questions.take('a')).toEqual([]);
    expect(questions.held).toBe(0);
  });

  it('keeps the newest copy of a retransmitted SYN and drops the older one', () => {
    const { queue, questions, hold } = setUp(10);
    hold('a', { id: 1, sequence: 77 });
    expect(hold('a', { id: 2, sequence: 77 })).toBe('replaced');
    expect(queue.verdicts.get(1)).toEqual({ verdict: 'drop' });
    expect(questions.take('a').map(({ packet }) => packet.id)).toEqual([2]);
  });

  it('keeps both when a client reconnects from the same port with another sequence number', () => {
    const { queue, questions, hold } = setUp(10);
    hold('a', { id: 1, sequence: 77 });
    hold('a', { id: 2, sequence: 78 });
    expect(questions.held).toBe(2);
    expect(queue.verdicts.size).toBe(0);
  });

  it('keeps every datagram: UDP has no copies', () => {
    const { questions, hold } = setUp(10);
    hold('a', { id: 1, protocol: 'udp', sequence: 0 });
    hold('a', { id: 2, protocol: 'udp', sequence: 0 });
    expect(questions.held).toBe(2);
  });

  it('takes no more packets than its limit, whether they ask or join', () => {
    const { questions, hold } = setUp(2);
    hold('a', { id: 1, sourcePort: 1 });
    hold('a', { id: 2, sourcePort: 2 });
    expect(hold('a', { id: 3, sourcePort: 3 })).toBe('full');
    expect(hold('b', { id: 4 })).toBe('full');
    expect(questions.take('b')).toEqual([]);
    expect(questions.held).toBe(2);
  });

  it('takes a copy even when full: it takes the place of the older one', () => {
    const { questions, hold } = setUp(1);
    hold('a', { id: 1, sequence: 5 });
    expect(hold('a', { id: 2, sequence: 5 })).toBe('replaced');
    expect(questions.held).toBe(1);
  });

  it('keeps packets that wait for a device together with those that join them', () => {
    const { questions, hold } = setUp(10, 3);
    hold('a', { id: 1, sourcePort: 1 });
    hold('a', { id: 2, sourcePort: 2 });
    expect(questions.waitFor('a', 'nas')).toEqual([]);
    expect(questions).toMatchObject({ held: 2, waking: 2 });
    expect(hold('a', { id: 3, sourcePort: 3 })).toBe('joined');
    expect(hold('a', { id: 4, sourcePort: 4 })).toBe('no_room');
    expect(hold('a', { id: 5, sourcePort: 3 })).toBe('replaced');
    expect(hold('b', { id: 6 })).toBe('first');
    expect(questions.take('a').map(({ packet }) => packet.id)).toEqual([1, 2, 5]);
    expect(questions).toMatchObject({ held: 1, waking: 0 });
  });

  it('gives back those for which there is no room among the waiting ones, and keeps the first', () => {
    const { questions, hold } = setUp(10, 2);
    for (const id of [1, 2, 3]) hold('a', { id, sourcePort: id });
    hold('b', { id: 4 });
    expect(questions.waitFor('a', 'nas').map(({ packet }) => packet.id)).toEqual([3]);
    expect(questions.waitFor('b', 'nas').map(({ packet }) => packet.id)).toEqual([4]);
    expect([questions.hasPackets('a'), questions.hasPackets('b')]).toEqual([true, false]);
    expect(questions).toMatchObject({ held: 2, waking: 2 });
    expect(questions.take('b')).toEqual([]);
    expect(questions.waitFor('nobody', 'nas')).toEqual([]);
  });

  it('moves packets to the room of another device, and minds asking twice for the same not at all', () => {
    const { questions, hold } = setUp(10, 2);
    hold('a', { id: 1 });
    questions.waitFor('a', 'nas');
    questions.waitFor('a', 'nas');
    expect(questions.waking).toBe(1);
    questions.waitFor('a', 'attic');
    expect(questions.waking).toBe(1);
    questions.take('a');
    expect(questions.waking).toBe(0);
  });

  it('holds exactly what it did not give back, drop or refuse, over any history', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      sequence: fc.nat(3),
      protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      take: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { queue, questions, hold } = setUp(5);
        let refused = 0;
        let taken = 0;
        for (const [id, { key, sequence, protocol, take }] of steps.entries()) {
          if (hold(key, { id, sequence, protocol }) === 'full') refused += 1;
          if (take) taken += questions.take(key).length;
          expect(questions.held).toBe(id + 1 - refused - taken - queue.verdicts.size);
          expect(questions.held).toBeLessThanOrEqual(5);
        }
      }),
    );
  });
});
