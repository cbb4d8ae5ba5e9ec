// SPDX-License-Identifier: MIT
import { readlinkSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labObstacles } from './available.ts';
import { runCommand } from './command.ts';
import { connect } from './connect.ts';
import { createLab, type Lab } from './lab.ts';
import { startTcpEcho, type TcpService } from './services.ts';
import type { HostName } from './topology.ts';

const PORT = 7000;

describe.skipIf(labObstacles().length > 0)('the standard network', () => {
  let lab: Lab;
  const services = new Map<string, TcpService>();

  beforeAll(async () => {
    lab = await createLab();
    const started = [...lab.hosts].map(async ([name, host]) =>
      services.set(name, await startTcpEcho(host, { port: PORT, greeting: `${name}\n` })),
    );
    await Promise.all(started);
  });
  afterAll(() => lab.close());

  const pairs: readonly (readonly [from: HostName, to: HostName, iface?: string])[] = [
    ['scanner', 'gateway'],
    ['scanner', 'friend'],
    ['scanner', 'gateway', 'lan'],
    ['scanner', 'gateway', 'admin'],
    ['scanner', 'server'],
    ['scanner', 'admin'],
    ['scanner', 'container'],
    ['scanner', 'remote'],
    ['friend', 'gateway'],
    ['remote', 'gateway'],
    ['remote', 'server'],
    ['laptop', 'gateway', 'lan'],
    ['laptop', 'server'],
    ['laptop', 'camera'],
    ['laptop', 'admin'],
    ['laptop', 'friend'],
    ['laptop', 'remote'],
    ['camera', 'gateway', 'admin'],
    ['admin', 'server'],
    ['container', 'friend'],
    ['server', 'container'],
    ['gateway', 'server'],
    ['gateway', 'remote'],
    ['router', 'gateway'],
  ];

  for (const [from, to, iface] of pairs) {
    it(`${from} reaches ${to} ${iface ?? ''} at once, over IPv4 and IPv6`, async () => {
      const target = lab.host(to).on(iface);
      for (const address of [target.ipv4, target.ipv6]) {
        const result = await connect(lab.host(from), { address, port: PORT, readMs: 2000 });
        expect(result, address).toMatchObject({ connected: true, synRetransmits: 0, received: `${to}\n` });
      }
    });
  }

  it('reaches a neighbour by its link-local address', async () => {
    const address = `${lab.host('gateway').on('wan').linkLocal}%eth0`;
    const result = await connect(lab.host('scanner'), { address, port: PORT, readMs: 2000 });
    expect(result.received).toBe('gateway\n');
  });

  it('hides LAN sources behind the gateway over IPv4 and routes them over IPv6', async () => {
    const friend = lab.host('friend');
    const from = 20_001;
    const before = services.get('friend')?.connections.length ?? 0;
    for (const address of [friend.ipv4, friend.ipv6]) {
      await connect(lab.host('laptop'), { address, port: PORT, from });
    }
    expect(await services.get('friend')?.waitForConnections(before + 2, 2000)).toBe(true);
    const seen = services
      .get('friend')
      ?.connections.slice(before)
      .map((peer) => peer.address);
    expect(seen).toEqual(['203.0.113.1', 'fd00:1::10']);
  });

  it('publishes a container port on every address of the gateway and keeps the source visible', async () => {
    await lab.publish(8080, 'tcp', PORT);
    const gateway = lab.host('gateway');
    for (const { ipv4, ipv6 } of [gateway.on('wan'), gateway.on('lan')]) {
      for (const address of [ipv4, ipv6]) {
        const result = await connect(lab.host('scanner'), { address, port: 8080, readMs: 2000 });
        expect(result.received, address).toBe('container\n');
      }
    }
    const sources = services.get('container')?.connections.map((peer) => peer.address);
    expect(sources).toContain('203.0.113.66');
    expect(sources).toContain('2001:db8:a::66');
  });

  it('names the hosts there are when asked for another one', () => {
    expect(() => lab.host('printer')).toThrow(/no host printer; there are: gateway, router/);
  });
});

describe.skipIf(labObstacles().length > 0)('createLab', () => {
  it('leaves the network it is called from as it was', async () => {
    const look = async () => (await runCommand(['ip', '-o', 'address'])).stdout;
    const before = await look();
    const lab = await createLab({ only: ['gateway', 'scanner'] });
    try {
      expect(await look()).toBe(before);
      const own = readlinkSync('/proc/self/ns/net');
      expect(own).not.toBe(`net:[${statSync(lab.host('gateway').path).ino}]`);
    } finally {
      await lab.close();
    }
    expect(await look()).toBe(before);
  });

  it('builds only what is asked for and what that needs', async () => {
    const lab = await createLab({ only: ['gateway', 'remote'] });
    try {
      expect([...lab.hosts.keys()]).toEqual(['gateway', 'router', 'remote']);
    } finally {
      await lab.close();
    }
  });

  it('builds hosts beside the standard ones', async () => {
    const mac = '02:00:00:00:01:50';
    const eth0 = {
      name: 'eth0',
      segment: 'lan',
      mac,
      ipv4: '192.168.1.50/24',
      ipv6: 'fd00:1::50/64',
    } as const;
    const lab = await createLab({
      only: ['gateway'],
      extra: { console: { interfaces: [eth0], routes: ['default via 192.168.1.1'] } },
    });
    try {
      await startTcpEcho(lab.host('gateway'), { port: PORT });
      const address = lab.host('gateway').on('lan').ipv4;
      expect((await connect(lab.host('console'), { address, port: PORT })).connected).toBe(true);
    } finally {
      await lab.close();
    }
  });

  it('gives a gateway without any table when told to', async () => {
    const lab = await createLab({ only: ['gateway'], nat: false });
    try {
      expect((await lab.host('gateway').run(['nft', 'list', 'ruleset'])).stdout).toBe('');
    } finally {
      await lab.close();
    }
  });

  it('lets several labs run side by side', async () => {
    const labs = await Promise.all([1, 2].map(() => createLab({ only: ['gateway', 'scanner'] })));
    try {
      const [one, two] = labs;
      if (one === undefined || two === undefined) throw new Error('two labs were asked for');
      await startTcpEcho(one.host('gateway'), { port: PORT });
      const target = { address: '203.0.113.1', port: PORT };
      expect((await connect(one.host('scanner'), target)).connected).toBe(true);
      expect((await connect(two.host('scanner'), target)).errno).toBe('ECONNREFUSED');
    } finally {
      await Promise.all(labs.map((lab) => lab.close()));
    }
  });
});
