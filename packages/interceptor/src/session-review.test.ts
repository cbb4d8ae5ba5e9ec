// SPDX-License-Identifier: MIT
import type { Decision, Flow } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { aSession, network } from './session.fixture.ts';
import { reviewSessions } from './session-review.ts';
import type { OpenSession } from './sessions.ts';

const answer = (decision: 'allow' | 'deny'): Decision => ({
  decision,
  reason: decision === 'allow' ? 'rule_allows' : 'no_rule',
  rule: null,
  until: null,
  prefix: 32,
  revision: 'aaaaaaaaaaaa',
});

async function review(
  sessions: readonly OpenSession[],
  ask: (flow: Flow) => Decision | undefined,
  isCurrent: () => boolean = () => true,
) {
  const ended: OpenSession[] = [];
  const asked: Flow[] = [];
  await reviewSessions(sessions, {
    ask: async (flow) => {
      asked.push(flow);
      return ask(flow);
    },
    isCurrent,
    end: (sessions) => ended.push(...sessions),
  });
  return { ended, asked };
}

describe('reviewSessions', () => {
  it('ends what the new configuration refuses and leaves what it allows', async () => {
    const [stays, goes] = [aSession({ service: 'web' }), aSession()];
    const { ended } = await review([stays, goes], ({ service }) =>
      answer(service === 'ssh' ? 'deny' : 'allow'),
    );
    expect(ended).toEqual([goes]);
  });

  it('ends a session for a prefix that not all of it is allowed any more', async () => {
    const wide = aSession({ covers: network('2001:db8:7::/64') });
    const { ended } = await review([wide], () => ({ ...answer('allow'), prefix: 128 }));
    expect(ended).toEqual([wide]);
  });

  it('leaves a session that nobody answers about', async () => {
    expect((await review([aSession()], () => undefined)).ended).toEqual([]);
  });

  it('ends nothing by an answer that a newer configuration has overtaken', async () => {
    const { ended, asked } = await review(
      [aSession(), aSession({ service: 'web' })],
      () => answer('deny'),
      () => false,
    );
    expect(ended).toEqual([]);
    expect(asked).toHaveLength(1);
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
