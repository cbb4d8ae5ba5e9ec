// SPDX-License-Identifier: MIT
import { BadAnswerError, NoAnswerError } from '@nftoggle/bus';
import type { Decision } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { aDeny, anAllow } from './decision.fixture.ts';
import { config, marks, services, setUpInterceptor as setUp, start } from './interceptor.fixture.ts';
import { aPacket } from './packet.fixture.ts';
import { repeatWindow } from './recent-denials.ts';
import { aSession, network } from './session.fixture.ts';

const [allow, deny] = [anAllow, aDeny];

describe('Interceptor', () => {
  /** What one SYN from 203.0.113.66 comes to, by service and by what policy says. */
  const table: readonly {
    readonly given: Decision | Error;
    readonly service?: 'ssh' | 'game';
    readonly verdict: 'accept' | 'drop';
    readonly reason: string;
    readonly ends?: string;
  }[] = [
    { given: allow(), verdict: 'accept', reason: 'rule_allows', ends: '2026-01-05T13:00:00.000Z' },
    {
      given: allow({ until: '2026-01-05T12:30:00.000Z' }),
      verdict: 'accept',
      reason: 'rule_allows',
      ends: '2026-01-05T12:30:00.000Z',
    },
    {
      given: allow({ until: '2026-01-06T12:00:00.000Z' }),
      verdict: 'accept',
      reason: 'rule_allows',
      ends: '2026-01-05T13:00:00.000Z',
    },
    // A permission that is over by the time it arrives.
    { given: allow({ until: '2026-01-05T12:00:00.000Z' }), verdict: 'drop', reason: 'session_not_added' },
    { given: deny(), verdict: 'drop', reason: 'no_rule' },
    {
      given: deny({ reason: 'rule_denies', rule: 'services.ssh.deny[0]' }),
      verdict: 'drop',
      reason: 'rule_denies',
    },
    { given: new NoAnswerError('nobody'), verdict: 'drop', reason: 'no_answer' },
    { given: new BadAnswerError('no decision'), verdict: 'drop', reason: 'bad_answer' },
    { given: new TypeError('a fault'), verdict: 'drop', reason: 'no_answer' },
    { given: deny(), service: 'game', verdict: 'drop', reason: 'no_rule' },
    {
      given: new NoAnswerError('nobody'),
      service: 'game',
      verdict: 'accept',
      reason: 'no_answer',
      ends: '2026-01-05T12:01:00.000Z',
    },
    {
      given: new BadAnswerError('no decision'),
      service: 'game',
      verdict: 'accept',
      reason: 'bad_answer',
      ends: '2026-01-05T12:01:00.000Z',
    },
  ];

  it.each(table.map((row) => ({ service: 'ssh', ...row }) as const))(
    'gives $verdict because of $reason for $service',
    async (row) => {
      const { queue, arrive, answer, events, sets, sessions } = setUp();
      const { service } = row;
      arrive({ mark: marks.asked(services.indexOf(service) + 1) });
      expect(queue.verdicts.size).toBe(0);
      await answer(row.given);
      expect(queue.verdicts.get(1)?.verdict).toBe(row.verdict);
      expect(events).toHaveLength(1);
      expect(events[0]?.data).toMatchObject({ service, reason: row.reason });
      expect(sets.elements.has(`v4_${service} cb007142`)).toBe(row.verdict === 'accept');
      const ends = sessions.list().map(({ until }) => new Date(until).toISOString());
      expect(ends).toEqual(row.ends === undefined ? [] : [row.ends]);
    },
  );

  it("asks with what the packet says, and with no hardware address that may be a router's", () => {
    const { arrive, asked } = setUp();
    arrive({ mac: '02:00:00:00:00:01' });
    expect(asked).toEqual([
      {
        service: 'ssh',
        protocol: 'tcp',
        source: { address: '203.0.113.66' },
        sourcePort: 50_000,
        destination: '203.0.113.1',
        destinationPort: 22,
        interface: 'wan0',
      },
    ]);
  });

  it('asks with the hardware address of a neighbour', () => {
    const { arrive, asked } = setUp();
    arrive({ interface: 'lo', source: '127.0.0.9', mac: '02:00:00:00:00:01' });
    expect(asked[0]?.source).toEqual({ address: '127.0.0.9', mac: '02:00:00:00:00:01' });
  });

  it('lets a packet go only when its session stands, with the open mark and the foreign bits that it brought', async () => {
    const { arrive, answer, queue, sets } = setUp();
    arrive({ mark: 0x0010_beef });
    const before = queue.accept.bind(queue);
    queue.accept = (id, mark) => {
      expect(sets.names).toContain('v4_ssh cb007142');
      return before(id, mark);
    };
    await answer(allow());
    expect(queue.verdicts.get(1)).toEqual({ verdict: 'accept', mark: 0x8010_beef });
  });

  it('drops when the kernel does not take the session, and says so', async () => {
    const { arrive, answer, queue, sets, sessions, events, warnings } = setUp();
    sets.refuse = true;
    arrive({});
    await answer(allow());
    expect(queue.verdicts.get(1)).toEqual({ verdict: 'drop' });
    expect(sessions.list()).toEqual([]);
    expect(events).toMatchObject([{ type: 'access_denied', data: { reason: 'session_not_added' } }]);
    expect(warnings).toEqual(['the kernel did not take a session']);
  });

  it('remembers a source after its packets went, and lets it in though there is no room to', async () => {
    const { arrive, answer, queue, sets, interceptor, warnings } = setUp();
    sets.room = 2;
    arrive({ id: 1 });
    await answer(allow());
    expect(sets.names).toEqual(['recent4 cb007142', 'v4_ssh cb007142']);
    sets.room = 3;
    arrive({ id: 2, source: '203.0.113.67' });
    await answer(allow());
    expect(queue.verdicts.get(2)?.verdict).toBe('accept');
    expect(warnings).toEqual([]);
    interceptor.flush();
    interceptor.flush();
    expect(warnings).toEqual(['sources that were let in are not remembered']);
  });

  it('opens for the time that is left by the clock of policy, however far its own is from it', async () => {
    const { arrive, answer, sessions, setWall } = setUp();
    setWall(start + 7 * 24 * 3_600_000);
    arrive({});
    await answer(allow({ until: '2026-01-12T12:30:00.000Z' }));
    expect(sessions.list()).toMatchObject([{ until: start + 30 * 60_000 }]);
  });

  it('counts every packet as one thing: let in, dropped, replaced by its copy, malformed or held', async () => {
    const { arrive, answer, queue, interceptor, pass } = setUp();
    const { counts, questions } = interceptor;
    const sum = () => counts.allowed + counts.denied + counts.replaced + counts.malformed + questions.held;
    arrive({ id: 1 }, { id: 2 }, { id: 3, sourcePort: 2 }, { id: 4, source: '203.0.113.67' });
    arrive(...[5, 6, 7].map((id) => ({ id, source: `203.0.113.${id}` })));
    arrive({ id: 8, mark: marks.asked(77) });
    queue.arrive({ id: 9, mark: 0, interface: '', malformed: 'truncated' });
    expect(sum()).toBe(9);
    await answer(allow());
    expect(counts).toMatchObject({ packets: 9, allowed: 2, replaced: 1, malformed: 1, denied: 3 });
    await answer(deny());
    arrive({ id: 10, source: '203.0.113.67', sourcePort: 3 }, { id: 11, sourcePort: 3 });
    pass(repeatWindow);
    expect(counts).toMatchObject({ packets: 11, allowed: 3, denied: 5 });
    expect(sum()).toBe(11);
  });

  it('asks once for all packets of a source that come meanwhile, and answers them all', async () => {
    const { arrive, answer, queue, asked, events } = setUp();
    arrive({ id: 1, sourcePort: 1 }, { id: 2, sourcePort: 2 });
    arrive({ id: 3, sourcePort: 3 });
    await answer(allow());
    expect(asked).toHaveLength(1);
    expect([...queue.verdicts.values()].map(({ verdict }) => verdict)).toEqual([
      'accept',
      'accept',
      'accept',
    ]);
    expect(events).toHaveLength(1);
  });

  it('asks apart for each source and each service, and mixes no answers up', async () => {
    const { arrive, answer, queue } = setUp();
    arrive(
      { id: 1, source: '203.0.113.66' },
      { id: 2, source: '203.0.113.67' },
      { id: 3, mark: marks.asked(2) },
    );
    await answer(deny());
    await answer(allow());
    await answer(deny());
    expect([1, 2, 3].map((id) => queue.verdicts.get(id)?.verdict)).toEqual(['drop', 'accept', 'drop']);
  });

  it('lets the newest copy of a retransmitted SYN go, and drops the older ones', async () => {
    const { arrive, answer, queue } = setUp();
    arrive({ id: 1 }, { id: 2 }, { id: 3 });
    await answer(allow());
    expect([1, 2, 3].map((id) => queue.verdicts.get(id)?.verdict)).toEqual(['drop', 'drop', 'accept']);
  });

  it('lets a packet that was on its way when the session opened go without a question', async () => {
    const { arrive, answer, queue, asked } = setUp();
    arrive({ id: 1 });
    await answer(allow());
    arrive({ id: 2, sourcePort: 50_001 });
    expect(queue.verdicts.get(2)).toEqual({ verdict: 'accept', mark: marks.opened(1) });
    expect(asked).toHaveLength(1);
  });

  it('asks anew when the session is over', async () => {
    const { arrive, answer, asked, pass } = setUp();
    arrive({ id: 1 });
    await answer(allow());
    pass(3_600_000);
    arrive({ id: 2 });
    expect(asked).toHaveLength(2);
  });

  it('repeats a denial for a moment without asking, and then asks anew', async () => {
    const { arrive, answer, queue, asked, pass } = setUp();
    arrive({ id: 1 });
    await answer(deny());
    pass(repeatWindow - 1);
    arrive({ id: 2, sourcePort: 50_001 });
    expect(queue.verdicts.get(2)).toEqual({ verdict: 'drop' });
    expect(asked).toHaveLength(1);
    pass(1);
    arrive({ id: 3, sourcePort: 50_002 });
    expect(asked).toHaveLength(2);
  });

  it('repeats no denial that an older configuration gave', async () => {
    const { arrive, answer, asked, interceptor } = setUp();
    arrive({ id: 1 });
    await answer(deny());
    interceptor.forgetAnswers();
    arrive({ id: 2, sourcePort: 50_001 });
    expect(asked).toHaveLength(2);
  });

  it('denies to one source and one service alone: another one gets its own answer', async () => {
    const { arrive, answer, asked } = setUp();
    arrive({ id: 1 });
    await answer(deny());
    arrive({ id: 2, source: '203.0.113.67' }, { id: 3, mark: marks.asked(2) });
    expect(asked).toHaveLength(3);
  });

  it('drops what is more than it may hold, and goes on when there is room again', async () => {
    const { arrive, answer, queue, events, interceptor } = setUp();
    arrive(...[1, 2, 3, 4, 5].map((id) => ({ id, source: `203.0.113.${id}` })));
    expect(queue.verdicts.get(5)).toEqual({ verdict: 'drop' });
    expect(events).toMatchObject([{ data: { reason: 'overload', source: { address: '203.0.113.5' } } }]);
    await answer(allow());
    arrive({ id: 6, source: '203.0.113.6' });
    expect(queue.verdicts.has(6)).toBe(false);
    expect(interceptor.questions.held).toBe(4);
  });

  it('does no harm with an answer that comes when the packets are gone from the queue', async () => {
    const { arrive, answer, queue, sessions, interceptor } = setUp();
    arrive({ id: 1 });
    queue.expire(0);
    await answer(allow());
    expect(queue.verdicts.get(1)).toEqual({ verdict: 'drop' });
    expect(sessions.list()).toHaveLength(1);
    expect(interceptor.questions.held).toBe(0);
  });

  it('drops what is malformed, and what is of no service, without a question', () => {
    const { queue, asked, interceptor } = setUp();
    queue.arrive({ id: 1, mark: marks.asked(1), interface: 'wan0', malformed: 'truncated' });
    queue.arrive(aPacket({ id: 2, mark: marks.asked(77) }), aPacket({ id: 3, mark: 0 }));
    expect([1, 2, 3].map((id) => queue.verdicts.get(id)?.verdict)).toEqual(['drop', 'drop', 'drop']);
    expect(asked).toEqual([]);
    expect(interceptor.counts).toMatchObject({ packets: 3, malformed: 1 });
  });

  it('does not let one bad packet of a batch keep the others waiting', async () => {
    const { queue, asked } = setUp();
    queue.arrive({ id: 1, mark: 0, interface: '', malformed: 'bad length' }, aPacket({ id: 2 }));
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['the configured prefix', '2001:db8:0:1::66', 64, 'v6p_ssh 20010db8000000010000000000000000'],
    ['the address alone', '2001:db8:0:1::66', 128, 'v6_ssh 20010db8000000010000000000000066'],
    // There is no set for other widths, and wider than asked would let strangers in.
    [
      'the address alone when policy says another width',
      '2001:db8:0:1::66',
      56,
      'v6_ssh 20010db8000000010000000000000066',
    ],
    ['an IPv4 address whatever policy says', '203.0.113.66', 8, 'v4_ssh cb007142'],
  ])('opens for %s', async (_, source, prefix, element) => {
    const { arrive, answer, sets } = setUp();
    arrive({ source, destination: source.includes(':') ? '2001:db8::1' : '203.0.113.1' });
    await answer(allow({ prefix }));
    expect(sets.names.filter((name) => name.includes('_ssh'))).toEqual([element]);
  });

  it('opens for a link-local source on its own link alone', async () => {
    const { arrive, answer, asked, sets } = setUp();
    arrive({ id: 1, source: 'fe80::66', interface: 'lan0' });
    await answer(allow({ prefix: 64 }));
    expect(sets.names.some((name) => name.startsWith('v6l_ssh fe80'))).toBe(true);
    arrive({ id: 2, source: 'fe80::66', interface: 'wan0' });
    expect(asked).toHaveLength(2);
  });

  it('goes on with the same session when its source comes back before the end of it was told', async () => {
    const { arrive, answer, sessions, events } = setUp();
    sessions.adopt(aSession({ covers: network('203.0.113.66'), since: 7, until: start - 1 }));
    arrive({});
    await answer(allow());
    expect(sessions.list()).toMatchObject([{ since: 7, until: start + 3_600_000 }]);
    expect(events).toEqual([]);
  });

  it('warns once while policy is away, however many ask, and counts each', async () => {
    const { arrive, answer, warnings, interceptor } = setUp();
    for (let id = 1; id <= 3; id++) {
      arrive({ id, source: `203.0.113.${id}` });
      await answer(new NoAnswerError('nobody answers'));
    }
    expect(warnings).toHaveLength(1);
    expect(interceptor.counts).toMatchObject({ fallback: 3, denied: 3 });
  });

  it('counts packets that the kernel had thrown away, and warns of packets that it lost', () => {
    const { queue, interceptor, warnings } = setUp();
    queue.trouble('vanished', 1);
    queue.trouble('overrun', 0);
    expect(interceptor.counts.vanished).toBe(1);
    expect(warnings).toEqual(['the kernel lost packets of a queue']);
  });

  describe('in mode watch', () => {
    it('reports what it would refuse, and answers no packet', async () => {
      const { interceptor, answer, events, queue } = setUp(`mode: watch\n${config}`);
      const observed = interceptor.observe(aPacket());
      await answer(deny());
      await observed;
      expect(events).toMatchObject([{ type: 'access_denied', data: { enforced: false, reason: 'no_rule' } }]);
      expect(queue.verdicts.size).toBe(0);
    });

    it('opens no session for what it would allow', async () => {
      const { interceptor, answer, sets, events } = setUp(`mode: watch\n${config}`);
      const observed = interceptor.observe(aPacket());
      await answer(allow());
      await observed;
      expect(sets.names).toEqual([]);
      expect(events).toEqual([]);
      expect(interceptor.counts).toMatchObject({ allowed: 1 });
    });
  });
});
