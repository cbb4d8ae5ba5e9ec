// SPDX-License-Identifier: MIT
import type { Decision, Flow } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { aDeny, anAllow } from './decision.fixture.ts';
import { aSession, network } from './session.fixture.ts';
import type { SessionEnd } from './session-end.ts';
import { permissionOf } from './session-new.ts';
import { type Change, reviewSessions } from './session-review.ts';
import type { OpenSession } from './sessions.ts';

const clock = { now: () => 0, wall: () => 0 };
const at = (milliseconds: number): string => new Date(milliseconds).toISOString();

async function review(
  sessions: readonly OpenSession[],
  ask: (flow: Flow) => Decision | undefined,
  isCurrent: () => boolean = () => true,
) {
  const [ends, changes, asked]: [SessionEnd[], Change[], Flow[]] = [[], [], []];
  await reviewSessions(sessions, {
    ask: async (flow) => {
      asked.push(flow);
      return ask(flow);
    },
    isCurrent,
    permissionOf: (_, decision) => permissionOf(decision, 3_600, clock),
    now: clock.now,
    end: (ended) => ends.push(...ended),
    change: (changed) => changes.push(...changed),
  });
  return { ended: ends.map(({ session }) => session), ends, changes, asked };
}

describe('reviewSessions', () => {
  it('ends what would be refused and leaves what is allowed', async () => {
    const [stays, goes] = [aSession({ service: 'web' }), aSession()];
    const { ended, changes } = await review([stays, goes], ({ service }) =>
      service === 'ssh' ? aDeny() : anAllow(),
    );
    expect(ended).toEqual([goes]);
    expect(changes).toEqual([]);
  });

  it('ends with a reason that fits the denial', async () => {
    const deny = aDeny({ reason: 'outside_window', rule: 'services.ssh.allow[0]', at_end: 'keep' });
    const { ends } = await review([aSession({ bound: 'window_end' })], () => deny);
    expect(ends).toMatchObject([{ reason: 'window_end', connections: 'keep' }]);
  });

  it('ends a session for a prefix that not all of it is allowed any more', async () => {
    const wide = aSession({ covers: network('2001:db8:7::/64') });
    const { ends } = await review([wide], () => anAllow({ prefix: 128 }));
    expect(ends).toMatchObject([{ session: wide, reason: 'revoked', connections: 'cut' }]);
  });

  it('leaves a session that nobody answers about', async () => {
    const { ended, changes } = await review([aSession()], () => undefined);
    expect([ended, changes]).toEqual([[], []]);
  });

  it('ends nothing by an answer that a newer configuration has overtaken', async () => {
    const { ended, asked } = await review(
      [aSession(), aSession({ service: 'web' })],
      () => aDeny(),
      () => false,
    );
    expect(ended).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('asks about a link-local source with the interface that it is on', async () => {
    const { asked } = await review([aSession({ covers: network('fe80::7'), link: 'lan0' })], () => anAllow());
    expect(asked[0]).toMatchObject({ source: { address: 'fe80::7' }, interface: 'lan0' });
  });

  it('asks with all that is known of the source: address, hardware address, interface and side', async () => {
    const mac = '02:00:00:00:00:01';
    const { asked } = await review(
      [
        aSession({ covers: network('2001:db8:7::/64') }),
        aSession({ mac, interface: 'lan0' }),
        aSession({ covers: network('10.0.0.7'), interface: 'wan0', outside: true }),
      ],
      () => anAllow(),
    );
    expect(asked.map(({ source, interface: name }) => ({ ...source, name }))).toEqual([
      { address: '2001:db8:7::', name: '' },
      { address: '203.0.113.7', mac, name: 'lan0' },
      { address: '10.0.0.7', outside: true, name: 'wan0' },
    ]);
  });
});

describe('a session that goes on after a review', () => {
  const changed = async (session: OpenSession, decision: Decision): Promise<OpenSession | undefined> =>
    (await review([session], () => decision)).changes[0]?.next;

  it.each<readonly [OpenSession['bound'], number, Decision['bound'], OpenSession['bound'], number]>([
    // Before, at a minute; what policy says; what it is after that.
    ['session_time', 40_000, 'window_end', 'window_end', 40_000],
    ['session_time', 90_000, 'window_end', 'session_time', 60_000],
    ['session_time', 60_020, 'window_end', 'window_end', 60_000],
    ['window_end', 90_000, 'window_end', 'window_end', 90_000],
    ['window_end', 90_000, 'session_time', 'session_time', 90_000],
    ['allowance', 90_000, 'grant_end', 'grant_end', 90_000],
    ['window_end', 40_000, 'allowance', 'allowance', 40_000],
  ])('until %s and told %d of %s lasts until %s at %d', async (bound, told, toldBound, after, until) => {
    const session = aSession({ bound });
    const decision = anAllow({ until: at(told), bound: toldBound, at_end: 'keep' });
    const next = await changed(session, decision);
    expect(next).toEqual({ ...session, bound: after, until, atEnd: 'keep' });
  });

  it('is charged and ended as policy says now, by the rule that lets it in now', async () => {
    const decision = anAllow({
      reason: 'grant_allows',
      rule: null,
      until: at(60_000),
      bound: 'session_time',
      accounts: ['person.leo'],
    });
    expect(await changed(aSession(), decision)).toMatchObject({
      reason: 'grant_allows',
      rule: null,
      accounts: ['person.leo'],
    });
  });

  it('is the very same when nothing is different', async () => {
    const accounts = ['person.leo'];
    const decision = anAllow({ until: at(60_030), bound: 'session_time', accounts });
    expect(await changed(aSession({ accounts }), decision)).toBeUndefined();
  });
});
