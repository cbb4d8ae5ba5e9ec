// SPDX-License-Identifier: MIT
import type { Decision, Flow } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { aSession, network } from './session.fixture.ts';
import { reviewSessions } from './session-review.ts';
import type { OpenSession } from './sessions.ts';

const revision = 'aaaaaaaaaaaa';
const answer = (decision: 'allow' | 'deny', of = revision): Decision => ({
  decision,
  reason: decision === 'allow' ? 'rule_allows' : 'no_rule',
  rule: null,
  until: null,
  prefix: 32,
  revision: of,
});

async function review(
  sessions: readonly OpenSession[],
  decide: (flow: Flow, attempt: number) => Decision | Error,
) {
  const ended: OpenSession[] = [];
  const asked: Flow[] = [];
  let waits = 0;
  await reviewSessions(sessions, {
    decide: async (flow) => {
      asked.push(flow);
      const decision = decide(flow, asked.length);
      if (decision instanceof Error) throw decision;
      return decision;
    },
    revision: () => revision,
    end: (session) => ended.push(session),
    wait: async () => {
      waits += 1;
    },
  });
  return { ended, asked, waits };
}

describe('reviewSessions', () => {
  it('ends what the new configuration refuses and leaves what it allows', async () => {
    const [stays, goes] = [aSession({ service: 'web' }), aSession()];
    const { ended, waits } = await review([stays, goes], ({ service }) =>
      answer(service === 'ssh' ? 'deny' : 'allow'),
    );
    expect(ended).toEqual([goes]);
    expect(waits).toBe(0);
  });

  it('does not believe an answer made from another revision, and asks again', async () => {
    const { ended, asked } = await review([aSession()], (_, attempt) =>
      attempt < 4 ? answer('deny', 'bbbbbbbbbbbb') : answer('allow'),
    );
    expect(ended).toEqual([]);
    expect(asked).toHaveLength(4);
  });

  it('asks again when nobody answers', async () => {
    const { ended } = await review([aSession()], (_, attempt) =>
      attempt < 3 ? new Error('no answer') : answer('deny'),
    );
    expect(ended).toEqual([aSession()]);
  });

  it('leaves a session that nobody ever answers about, and gives up after 50 questions', async () => {
    const { ended, asked } = await review([aSession()], () => new Error('no answer'));
    expect(ended).toEqual([]);
    expect(asked).toHaveLength(50);
  });

  it('asks about a link-local source with the interface that it is on', async () => {
    const { asked } = await review([aSession({ covers: network('fe80::7'), link: 'lan0' })], () =>
      answer('allow'),
    );
    expect(asked[0]).toMatchObject({ source: { address: 'fe80::7' }, interface: 'lan0' });
  });

  it('asks with what is known of the source: its address and its hardware address', async () => {
    const mac = '02:00:00:00:00:01';
    const { asked } = await review(
      [aSession({ covers: network('2001:db8:7::/64') }), aSession({ mac })],
      () => answer('allow'),
    );
    expect(asked.map(({ source }) => source)).toEqual([
      { address: '2001:db8:7::' },
      { address: '203.0.113.7', mac },
    ]);
  });
});
