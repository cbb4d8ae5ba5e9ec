// SPDX-License-Identifier: MIT
import { parseAddress } from '@nftoggle/config';
import type { Decision, Flow } from '@nftoggle/contracts';
import { aConfig } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { aDeny, anAllow } from './decision.fixture.ts';
import type { ConntrackFlow } from './native.ts';
import { type OrphanReviewOptions, reviewOrphans } from './orphan-review.ts';
import { findOrphans } from './orphans.ts';
import { aSession, network } from './session.fixture.ts';

/** From somewhere to this box, carrying the index of a service as its mark. */
function aFlow(mark: number, destinationPort: number, source = '192.0.2.7', sourcePort = 50_000) {
  const original = { source, sourcePort, destination: '127.0.0.1', destinationPort };
  const reply = {
    source: original.destination,
    sourcePort: destinationPort,
    destination: source,
    destinationPort: sourcePort,
  };
  return { protocol: 'tcp', original, reply, mark, established: true } as const;
}
const turned = (flow: ConntrackFlow): ConntrackFlow => ({
  ...flow,
  original: flow.reply,
  reply: flow.original,
});

const config = aConfig(`
version: 1
devices: { nas: { address: 10.9.8.7 } }
services:
  ssh: { ports: [22/tcp], allow: [any] }
  lan-web: { ports: [80-89/tcp], interfaces: [lan0], allow: [any] }
  web: { ports: [80/tcp], interfaces: [wan0], allow: [any] }
  files: { ports: [445/tcp], to: nas, allow: [any] }
`);
const names = [...config.services.keys()];
const orphansOf = (...flows: ConntrackFlow[]) => findOrphans(flows, config, (mark) => names[mark - 1]);
const guardiansOf = (flow: ConntrackFlow) =>
  orphansOf(flow).map(({ guardians }) => guardians.map(({ name }) => name));

describe('an orphan', () => {
  it('is no connection whose service guards its port', () => {
    expect(orphansOf(aFlow(1, 22), aFlow(2, 80), aFlow(2, 85), aFlow(3, 80))).toEqual([]);
    expect(orphansOf(turned(aFlow(1, 22)))).toEqual([]);
  });

  it('is a connection of a service that is gone, of one that guards another port, and of one that guards it elsewhere', () => {
    expect(guardiansOf(aFlow(77, 22))).toEqual([['ssh']]);
    expect(guardiansOf(aFlow(1, 80))).toEqual([['lan-web', 'web']]);
    expect(guardiansOf(aFlow(4, 445))).toEqual([[]]);
    expect(guardiansOf(aFlow(1, 23))).toEqual([[]]);
  });

  it('was asked for by its client, though conntrack takes the server for the one who opened it', () => {
    const flow = aFlow(77, 22);
    expect(orphansOf(turned(flow))[0]?.asked).toEqual(flow.original);
  });
});

const answer = (decision: 'allow' | 'deny'): Decision => (decision === 'allow' ? anAllow() : aDeny());

async function review(
  flows: readonly ConntrackFlow[],
  ask: (flow: Flow) => Decision | undefined,
  {
    sessions = [],
    isCurrent = () => true,
    neighbourOf = () => undefined,
  }: Partial<Pick<OrphanReviewOptions, 'sessions' | 'isCurrent' | 'neighbourOf'>> = {},
) {
  const [asked, done]: [Flow[], string[]] = [[], []];
  await reviewOrphans(orphansOf(...flows), {
    ask: async (flow) => {
      asked.push(flow);
      return ask(flow);
    },
    isCurrent,
    neighbourOf,
    mayBeOutside: ({ base }) => base === parseAddress('10.0.0.7')?.base,
    sessions,
    release: ({ flow }) => done.push(`release ${flow.original.destinationPort}`),
    adopt: (_, flow) => done.push(`adopt ${flow.source.address} ${flow.service}`),
    end: ({ flow }) => done.push(`end ${flow.original.source}`),
  });
  return { asked, done };
}

describe('reviewOrphans', () => {
  it('asks about a neighbour that no session is known of by its hardware address', async () => {
    const near = { mac: '02:00:00:00:00:02', interface: 'lan0' };
    const { asked } = await review([aFlow(7, 22)], () => aDeny(), { neighbourOf: () => near });
    expect(asked).toMatchObject([{ source: { address: '192.0.2.7', mac: near.mac }, interface: 'lan0' }]);
  });

  it('releases what nobody guards, without a question', async () => {
    const { asked, done } = await review([aFlow(77, 23)], () => answer('deny'));
    expect(done).toEqual(['release 23']);
    expect(asked).toEqual([]);
  });

  it('gives a connection to its new service where that allows the source, and ends it where it does not', async () => {
    const flows = [aFlow(77, 22, '192.0.2.7'), aFlow(77, 22, '192.0.2.8')];
    const { done } = await review(flows, ({ source }) =>
      answer(source.address === '192.0.2.7' ? 'allow' : 'deny'),
    );
    expect(done).toEqual(['adopt 192.0.2.7 ssh', 'end 192.0.2.8']);
  });

  it('lets a connection go on that came by nobody knows which interface when all services of the port allow it', async () => {
    const only = (name: string) => (flow: Flow) => answer(flow.service === name ? 'allow' : 'deny');
    expect((await review([aFlow(77, 80)], () => answer('allow'))).done).toEqual(['adopt 192.0.2.7 lan-web']);
    expect((await review([aFlow(77, 80)], only('web'))).done).toEqual(['end 192.0.2.7']);
    expect((await review([aFlow(77, 80)], only('lan-web'))).done).toEqual(['end 192.0.2.7']);
  });

  it('asks once for all connections of a source', async () => {
    const flows = [1, 2, 3].map((port) => aFlow(77, 22, '192.0.2.7', port));
    const { asked, done } = await review(flows, () => answer('deny'));
    expect(asked).toHaveLength(1);
    expect(done).toHaveLength(3);
  });

  it('leaves a connection that nobody answers about, for one of its services at least', async () => {
    expect((await review([aFlow(77, 22)], () => undefined)).done).toEqual([]);
    const { done } = await review([aFlow(77, 80)], ({ service }) =>
      service === 'web' ? undefined : answer('allow'),
    );
    expect(done).toEqual([]);
  });

  it('does nothing by an answer that a newer configuration has overtaken', async () => {
    const { done } = await review([aFlow(77, 22)], () => answer('deny'), { isCurrent: () => false });
    expect(done).toEqual([]);
  });

  it('asks with what the session of the source tells: hardware address, interface and side', async () => {
    const mac = '02:00:00:00:00:01';
    const sessions = [
      aSession({ covers: network('192.0.2.7'), mac, interface: 'wan0', outside: true }),
      aSession({ covers: network('fe80::7'), link: 'lan0' }),
      aSession({ covers: network('2001:db8::/64'), mac }),
    ];
    const flows = ['192.0.2.7', 'fe80::7', '2001:db8::', '10.0.0.7'].map((source) => aFlow(77, 22, source));
    const { asked } = await review(flows, () => answer('allow'), { sessions });
    expect(asked.map(({ source, interface: name }) => ({ ...source, name }))).toEqual([
      { address: '192.0.2.7', mac, outside: true, name: 'wan0' },
      { address: 'fe80::7', name: 'lan0' },
      { address: '2001:db8::', name: '' },
      { address: '10.0.0.7', outside: true, name: '' },
    ]);
  });
});
