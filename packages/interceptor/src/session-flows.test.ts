// SPDX-License-Identifier: MIT
import { formatNetwork } from '@nftoggle/config';
import { describe, expect, it } from 'vitest';
import { aSession, network } from './session.fixture.ts';
import { flowKey, flowsBySession, flowsOfSessions, isLive } from './session-flows.ts';

const names = ['ssh', 'web'];
function aFlow(mark: number, source: string, destination = '192.0.2.1') {
  const original = { source, destination, sourcePort: 50_000, destinationPort: 22 };
  return { protocol: 'tcp', original, reply: original, mark, established: true } as const;
}
const peersOf = (covers: string, ...flows: ReturnType<typeof aFlow>[]) =>
  flowsOfSessions([aSession({ covers: network(covers) })], flows, (mark) => names[mark - 1]).map(({ peer }) =>
    formatNetwork(peer),
  );

describe('the connections of a session', () => {
  it('are those of its source and its service, and no others', () => {
    const others = [aFlow(2, '203.0.113.7'), aFlow(1, '203.0.113.70'), aFlow(0, '203.0.113.7')];
    expect(peersOf('203.0.113.7', aFlow(1, '203.0.113.7'), ...others)).toEqual(['203.0.113.7']);
  });

  it('are those of every address of its prefix', () => {
    const flows = ['2001:db8::7', '2001:db8::8', '2001:db8:0:1::7'].map((source) => aFlow(1, source));
    expect(peersOf('2001:db8::/64', ...flows)).toEqual(['2001:db8::7', '2001:db8::8']);
  });

  it('are among them where conntrack takes the server for the one who opened it', () => {
    expect(peersOf('203.0.113.7', aFlow(1, '192.0.2.1', '203.0.113.7'))).toEqual(['203.0.113.7']);
  });

  it('are found for sessions of both families at once', () => {
    const sessions = ['203.0.113.7', '2001:db8::/64'].map((covers) => aSession({ covers: network(covers) }));
    const flows = [aFlow(1, '2001:db8::7'), aFlow(1, '203.0.113.7'), aFlow(1, '203.0.113.8')];
    expect(flowsOfSessions(sessions, flows, () => 'ssh')).toHaveLength(2);
  });

  it('are told by session, and a session without any is not among them', () => {
    const [prefix, address, idle] = ['2001:db8::/64', '2001:db8::7', '203.0.113.7'].map((covers) =>
      aSession({ covers: network(covers) }),
    );
    const flows = [aFlow(1, '2001:db8::7'), aFlow(1, '2001:db8::8'), aFlow(2, '203.0.113.7')];
    const all = [prefix, address, idle].filter((session) => session !== undefined);
    const found = flowsBySession(all, flows, (mark) => names[mark - 1]);
    const count = (session: (typeof all)[number] | undefined) => session && found.get(session)?.length;
    expect([prefix, address, idle].map(count)).toEqual([2, 1, undefined]);
  });
});

describe('a connection', () => {
  it('is told from a later one of the same addresses and ports', () => {
    const flow = aFlow(1, '203.0.113.7');
    expect(flowKey({ ...flow, id: 1 })).not.toBe(flowKey({ ...flow, id: 2 }));
    expect(flowKey({ ...flow, id: 1, mark: 7 })).toBe(flowKey({ ...flow, id: 1 }));
  });

  it('that both sides closed is live no more, though conntrack remembers it', () => {
    expect(
      [{}, { closed: false }, { closed: true }].map((c) => isLive({ ...aFlow(1, '::1'), ...c })),
    ).toEqual([true, true, false]);
  });
});
