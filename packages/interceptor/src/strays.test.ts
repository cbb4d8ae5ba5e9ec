// SPDX-License-Identifier: MIT
import { parseAddress } from '@nftoggle/config';
import { aConfig } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { aConnection } from './flow.fixture.ts';
import { findGuardians } from './guarded-ports.ts';
import { KeptConnections } from './kept-connections.ts';
import type { ConntrackFlow } from './native.ts';
import { aSession, network } from './session.fixture.ts';
import { findClosed, findStrays, type StraySearch } from './strays.ts';

const config = aConfig('version: 1\nservices:\n  ssh: { ports: [22/tcp], allow: [any] }\n');

function find(flows: readonly ConntrackFlow[], changes: Partial<StraySearch> = {}) {
  return findStrays(flows, {
    sessions: [],
    ended: [],
    kept: new KeptConnections(),
    serviceOf: (mark) => ['ssh', 'web'][mark - 1],
    guardiansOf: findGuardians(config),
    neighbourOf: () => undefined,
    mayBeOutside: ({ base }) => base === parseAddress('10.0.0.7')?.base,
    ...changes,
  });
}

describe('a stray', () => {
  it('is a connection by the mark of a service that belongs to no session of it', () => {
    expect(find([aConnection()])).toMatchObject([
      { flow: { service: 'ssh', source: { address: '203.0.113.7' }, destinationPort: 22 } },
    ]);
    expect(find([aConnection()], { sessions: [aSession()] })).toEqual([]);
    expect(find([aConnection()], { sessions: [aSession({ service: 'web' })] })).toHaveLength(1);
    expect(
      find([aConnection({ source: '2001:db8::7' })], {
        sessions: [aSession({ covers: network('2001:db8::/64') })],
      }),
    ).toEqual([]);
  });

  it('is none that is kept, closed, or of a service that guards its port no more', () => {
    const kept = new KeptConnections();
    kept.add(aConnection(), 'ssh');
    expect(find([aConnection()], { kept })).toEqual([]);
    expect(find([aConnection({ closed: true })])).toEqual([]);
    expect(find([aConnection({ mark: 2 }), aConnection({ mark: 77 })])).toEqual([]);
  });

  it('is asked about once for all connections of a source', () => {
    const flows = [1, 2, 3].map((sourcePort) => aConnection({ sourcePort }));
    const strays = find([...flows, aConnection({ source: '203.0.113.8' })]);
    expect(strays.map(({ connections }) => connections.length)).toEqual([3, 1]);
  });

  it('is asked about by its client, though conntrack takes the server for the one who opened it', () => {
    const flow = aConnection();
    const turned = { ...flow, original: flow.reply, reply: flow.original };
    expect(find([turned])[0]?.flow.source.address).toBe('203.0.113.7');
  });

  it('is asked about with what its last session tells', () => {
    const mac = '02:00:00:00:00:01';
    const ended = [aSession(), aSession({ mac, interface: 'wan0', outside: true })];
    expect(find([aConnection()], { ended })[0]?.flow).toMatchObject({
      source: { address: '203.0.113.7', mac, outside: true },
      interface: 'wan0',
    });
  });

  it('is asked about with what the kernel knows of a neighbour, where no session tells', () => {
    const near = { mac: '02:00:00:00:00:02', interface: 'lan0' };
    const neighbourOf = () => near;
    expect(find([aConnection()], { neighbourOf })[0]?.flow).toMatchObject({
      source: { address: '203.0.113.7', mac: near.mac },
      interface: 'lan0',
    });
    const ended = [aSession({ mac: null, interface: 'wan0' })];
    const { flow } = find([aConnection()], { ended, neighbourOf })[0] ?? {};
    expect(flow?.source, 'its session was asked about without').toEqual({ address: '203.0.113.7' });
    expect(flow?.interface).toBe('wan0');
  });

  it('that nothing is known of is on the side where less is allowed', () => {
    const [near, far] = ['10.0.0.6', '10.0.0.7'].map((source) => find([aConnection({ source })])[0]?.flow);
    expect([near?.source, far?.source]).toEqual([
      { address: '10.0.0.6' },
      { address: '10.0.0.7', outside: true },
    ]);
  });
});

describe('a closed connection', () => {
  it('is found where no session has it, and it is not to be kept', () => {
    const kept = new KeptConnections();
    const [closed, keptOne, live] = [
      aConnection({ closed: true }),
      aConnection({ closed: true, sourcePort: 2 }),
      aConnection({ closed: false, sourcePort: 3 }),
    ];
    kept.add(keptOne, 'ssh');
    const serviceOf = (mark: number) => ['ssh', 'web'][mark - 1];
    const flows = [closed, keptOne, live];
    expect(findClosed(flows, { sessions: [], kept, serviceOf })).toEqual([closed]);
    expect(findClosed(flows, { sessions: [aSession()], kept, serviceOf })).toEqual([]);
  });
});

describe('kept connections', () => {
  it('are remembered until they end by themselves, or what was said of their service counts no more', () => {
    const kept = new KeptConnections();
    const [one, two, three] = [1, 2, 3].map((sourcePort) => aConnection({ sourcePort }));
    if (one === undefined || two === undefined || three === undefined) throw new TypeError('three');
    kept.add(one, 'ssh');
    kept.add(two, 'web');
    kept.add(three, 'ssh');
    kept.retain([one, two]);
    expect([one, two, three].map((flow) => kept.has(flow))).toEqual([true, true, false]);
    kept.forget(new Set(['ssh']));
    expect([one, two].map((flow) => kept.has(flow))).toEqual([false, true]);
    kept.forget(null);
    expect([one, two].map((flow) => kept.has(flow))).toEqual([false, false]);
    kept.retain([]);
    expect(kept.size).toBe(0);
  });
});
