// SPDX-License-Identifier: MIT
// What the interceptor tells of those whom it refuses, and what it counts.
import { NoAnswerError } from '@nftoggle/bus';
import { describe, expect, it } from 'vitest';
import { anAllow as allow, aDeny as deny } from './decision.fixture.ts';
import { marks, setUpInterceptor as setUp } from './interceptor.fixture.ts';
import { aPacket } from './packet.fixture.ts';
import type { FlowPacket } from './questions.ts';

describe('Interceptor', () => {
  it('says who was refused, as far as policy knows', async () => {
    const { arrive, answer, told, sets } = setUp();
    const who = { device: 'console', person: 'leo', country: null };
    arrive({ id: 1 });
    await answer(deny({ who }));
    sets.refuse = true;
    arrive({ id: 2, source: '203.0.113.67' });
    await answer(allow({ who }));
    arrive({ id: 3, source: '203.0.113.68' });
    await answer(new NoAnswerError('nobody'));
    expect(told('access_denied').map(({ reason, who: { person } }) => [reason, person])).toEqual([
      ['no_rule', 'leo'],
      ['session_not_added', 'leo'],
      ['no_answer', null],
    ]);
  });

  it('counts the older copies of a packet with it when it is refused', async () => {
    const { arrive, answer, told } = setUp();
    arrive({ id: 1 }, { id: 2 }, { id: 3 }, { id: 4, sourcePort: 4 });
    await answer(deny());
    expect(told('access_denied')).toMatchObject([{ count: 4 }]);
  });

  it('tells of few strangers one by one, and of more who could be let in', async () => {
    const { strangers, arrive, answer, told } = setUp();
    const refuse = async (bring: (packet: Partial<FlowPacket>) => void, net: string): Promise<void> => {
      for (let n = 1; n <= 10; n++) {
        bring({ id: n, source: `${net}.${n}` });
        await answer(deny());
      }
    };
    await refuse((packet) => strangers.arrive(aPacket(packet)), '203.0.113');
    expect(told('access_denied')).toHaveLength(4);
    await refuse((packet) => arrive(packet), '198.51.100');
    expect(told('access_denied')).toHaveLength(4 + 10);
  });

  it('takes an address of the LAN on the other side for that of a stranger', async () => {
    const { arrive, answer, told } = setUp();
    for (let n = 1; n <= 10; n++) {
      arrive({ id: n, source: `10.9.8.${n}`, interface: 'wan0' });
      await answer(deny());
    }
    expect(told('access_denied').map(({ source: { outside } }) => outside)).toEqual([true, true, true, true]);
  });

  it('has every packet that was refused or dropped in one event, when it is closed', async () => {
    const { interceptor, arrive, answer, told, kernel, queue, pass } = setUp();
    kernel.add('ssh', { asked: 38, entered: 5, opened: 1 });
    arrive({ id: 1 }, { id: 2 });
    await answer(deny());
    for (let n = 3; n < 10; n++) arrive({ id: n, source: `203.0.113.${n}`, sourcePort: n });
    for (let n = 0; n < 3; n++) await answer(deny());
    await answer(allow());
    queue.arrive({ id: 11, mark: marks.asked(1), interface: 'wan0', malformed: 'truncated' });
    arrive({ id: 12, source: '::ffff:203.0.113.9' });
    pass(11_000);
    interceptor.tell();
    kernel.add('ssh', { asked: 2 });
    // One is held, with an older copy that gave way, and nobody answers any more.
    arrive({ id: 13, source: '203.0.113.99' }, { id: 14, source: '203.0.113.99' });
    const { allowed } = interceptor.counts;
    queue.close();
    interceptor.close();
    const counted = told('denials_counted').flatMap(({ services }) => services);
    const sum =
      told('access_denied').reduce((all, { count }) => all + count, 0) +
      counted.reduce((all, { refused, unasked }) => all + refused + unasked, 0);
    expect(allowed).toBe(1);
    expect(sum).toBe(40 + 4 - allowed);
    interceptor.close();
    expect(interceptor.unasked.total).toBe(38 - 11 + 4 + 2);
  });

  it('counts questions by what came of them, and how long each took', async () => {
    const { arrive, answer, interceptor, pass, took } = setUp();
    const answers = [allow(), deny(), new NoAnswerError('nobody')];
    for (const [n, given] of answers.entries()) {
      arrive({ id: n, source: `203.0.113.${n}`, mark: marks.asked(n === 1 ? 2 : 1) });
      pass(20);
      await answer(given);
    }
    expect(interceptor.outcomes).toEqual(
      new Map([
        ['ssh', { allow: 1, deny: 0, fallback: 1 }],
        ['game', { allow: 0, deny: 1, fallback: 0 }],
      ]),
    );
    expect(took).toEqual([0.02, 0.02, 0.02]);
  });

  it('goes on when the counters of the kernel cannot be read, says so once, and counts them later', () => {
    const { interceptor, kernel, warnings } = setUp();
    kernel.add('ssh', { asked: 3 });
    kernel.failure = new Error('No buffer space available');
    interceptor.tell();
    interceptor.tell();
    expect(warnings).toHaveLength(1);
    kernel.failure = undefined;
    interceptor.tell();
    expect(interceptor.unasked.total).toBe(3);
  });
});
