// SPDX-License-Identifier: MIT
// To whom a port is open, it is as if there were no guard: the first packet is enough, nothing is lost or
// altered, and after it the kernel alone carries the traffic.
import {
  capturePackets,
  connect,
  connectMany,
  createLab,
  type Host,
  holdConnection,
  type Lab,
  labObstacles,
  rawPackets,
  startTcpEcho,
  startUdpEcho,
  type TcpService,
  type UdpService,
  udpExchange,
} from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { config, foreignMarks, freePort, gatewayPorts, newcomer } from './authorised-scene.ts';
import { System } from './system.ts';

type Family = 'ipv4' | 'ipv6';
const families = ['ipv4', 'ipv6'] as const;

let lab: Lab;
let system: System;
let gateway: Host;
let friend: Host;
let laptop: Host;
const tcp = new Map<string, TcpService>();
const udp = new Map<string, UdpService>();

beforeAll(async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  lab = await createLab({ extra: { newcomer } });
  [gateway, friend, laptop] = [lab.host('gateway'), lab.host('friend'), lab.host('laptop')];
  for (const host of [gateway, friend]) await host.setSysctl({ 'net.ipv4.tcp_ecn': 1 });
  // Every listener takes data in a SYN, without a cookie (tcp_fastopen in ip-sysctl: 0x1 | 0x2 | 0x200 | 0x400).
  await gateway.setSysctl({ 'net.ipv4.tcp_fastopen': 0x603 });
  await startServices();
  await lab.publish(8080, 'tcp', 80);
  await lab.publish(8080, 'udp', 80);
  await gateway.loadRuleset(foreignMarks);
  system = await System.start(gateway, config);
}, 120_000);

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await lab?.close();
});

async function startServices(): Promise<void> {
  const plans: readonly (readonly [string, readonly number[]])[] = [
    ['gateway', [...gatewayPorts, freePort]],
    ['server', [25565, freePort]],
    ['container', [80]],
    ['friend', [3478, freePort]],
  ];
  await Promise.all(
    plans.flatMap(([name, port]) => [
      startTcpEcho(lab.host(name), { port }).then((service) => tcp.set(name, service)),
      startUdpEcho(lab.host(name), { port }).then((service) => udp.set(name, service)),
    ]),
  );
}

/** What a connection looks like that nobody stood in the way of. */
const smooth = (text: string) => ({
  connected: true,
  errno: null,
  synRetransmits: 0,
  received: `hello\n${text}`,
});

interface Way {
  readonly what: string;
  readonly from: string;
  readonly to: (family: Family) => string;
  readonly port: number;
  /** Who the server is to see, when that is not the client itself. */
  readonly seenAs?: Partial<Record<Family, string>>;
  readonly server: string;
}

const clients = ['friend', 'remote', 'laptop'] as const;

const ways: readonly Way[] = [
  ...clients.map((from) => ({
    what: `${from} to a local service`,
    from,
    to: (family: Family) => gateway.on(from === 'laptop' ? 'lan' : 'wan')[family],
    port: 7000,
    server: 'gateway',
  })),
  ...clients.map((from) => ({
    what: `${from} to a published service`,
    from,
    to: (family: Family) => gateway.on(from === 'laptop' ? 'lan' : 'wan')[family],
    port: 8080,
    server: 'container',
  })),
  ...(['friend', 'remote'] as const).map((from) => ({
    what: `${from} to a forwarded service`,
    from,
    to: (family: Family) => lab.host('server')[family],
    port: 25565,
    server: 'server',
  })),
  {
    what: 'a device known by its MAC address to the Internet',
    from: 'laptop',
    to: (family: Family) => friend[family],
    port: 3478,
    seenAs: { ipv4: '203.0.113.1' },
    server: 'friend',
  },
];

describe('an authorised source', () => {
  it.each(ways.flatMap((way) => families.map((family) => ({ ...way, family }))))(
    'connects at the first SYN: $what over $family',
    async ({ from, to, port, server, seenAs, family }) => {
      const [host, service, datagrams] = [lab.host(from), tcp.get(server), udp.get(server)];
      const source = seenAs?.[family] ?? host[family];
      const before = { tcp: service?.connections.length ?? 0, udp: datagrams?.datagrams.length ?? 0 };
      const asked = await system.packetsQueued();

      const result = await connect(host, { address: to(family), port, payload: 'it is me' });
      expect(result).toMatchObject(smooth('it is me'));
      expect(await system.packetsQueued(), 'its SYN was held').toBeGreaterThan(asked);
      expect(await service?.waitForConnections(before.tcp + 1, 5_000)).toBe(true);
      expect(service?.connections.slice(before.tcp).map(({ address }) => address)).toEqual([source]);

      expect((await udpExchange(host, { address: to(family), port, count: 3 })).received).toEqual([0, 1, 2]);
      expect(await datagrams?.waitForDatagrams(before.udp + 3, 5_000)).toBe(true);
      const senders = datagrams?.datagrams.slice(before.udp).map((each) => each.from.address);
      expect(senders).toEqual([source, source, source]);
    },
  );

  it('connects at the first SYN to a link-local address, known by its MAC address', async () => {
    const address = `${gateway.on('lan').linkLocal}%eth0`;
    const result = await connect(laptop, { address, port: 7000, payload: 'next door' });
    expect(result).toMatchObject(smooth('next door'));
    expect((await udpExchange(laptop, { address, port: 7000, count: 3 })).received).toEqual([0, 1, 2]);
  });

  it.each(families)('keeps its congestion notification over %s', async (family) => {
    const capture = await capturePackets(gateway, 'wan', 'tcp port 7010');
    const result = await connect(friend, { address: gateway[family], port: 7010, payload: 'ecn' });
    expect(result).toMatchObject(smooth('ecn'));
    const { lines } = await capture.stop();
    expect(lines[0]).toContain('Flags [SEW]');
    expect(lines[1]).toContain('Flags [S.E]');
  });

  it.each(families)('may send data in its SYN (TCP Fast Open) over %s', async (family) => {
    const capture = await capturePackets(gateway, 'wan', 'tcp port 7011');
    const options = { address: gateway[family], port: 7011, payload: 'early', fastOpen: true };
    expect(await connect(friend, options)).toMatchObject(smooth('early'));
    const { lines } = await capture.stop();
    const sequence = Number(/Flags \[SEW\], seq (\d+):.* length 5\b/.exec(lines[0] ?? '')?.[1]);
    // The data was taken from the SYN that was held: it is acknowledged before it could be sent again.
    expect(lines[1]).toContain(`ack ${(sequence + 6) % 2 ** 32},`);
    const sent = lines.filter((line) => /\.7011: .* length 5\b/.test(line));
    expect(sent).toHaveLength(1);
  });

  it.each(families)('has the data of its very first packet forwarded over %s', async (family) => {
    const server = lab.host('server');
    const capture = await capturePackets(server, 'eth0', 'tcp dst port 25570');
    const layer = family === 'ipv4' ? 'IP' : 'IPv6';
    await rawPackets(
      friend,
      `sendp(Ether(dst="${gateway.on('wan').mac}") / ${layer}(src="${friend[family]}", dst="${server[family]}") /
        TCP(sport=20100, dport=25570, seq=1000, flags="S") / Raw("early"), iface="eth0")`,
    );
    const line = await capture.waitForPacket(/Flags \[S\]/, 10_000);
    expect(line).toMatch(/seq 1000:1005.* length 5\b/);
    expect((await capture.stop()).lines.filter((each) => each.includes('Flags [S]'))).toHaveLength(1);
  });
});

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Packets that wait for a verdict, by the kernel's word: third column of each queue. */
async function waiting(): Promise<number> {
  const { stdout } = await gateway.run(['cat', '/proc/net/netfilter/nfnetlink_queue']);
  const lines = stdout.trim().split('\n');
  return lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0);
}

/** Nobody decides while `action` begins; as soon as `held` packets wait, policy goes on. */
async function whileUndecided<T>(held: number, action: () => Promise<T>): Promise<T> {
  const policy = system.pidOf('policy');
  process.kill(policy, 'SIGSTOP');
  try {
    const running = action();
    await eventually(async () => (await waiting()) >= held, { withinMs: 10_000 });
    process.kill(policy, 'SIGCONT');
    return await running;
  } finally {
    process.kill(policy, 'SIGCONT');
  }
}

describe('what arrives before the verdict', () => {
  const senders = [
    { who: 'friend', iface: 'wan', port: 7012 },
    { who: 'laptop', iface: 'lan', port: 7012 },
    { who: 'scanner', iface: 'wan', port: 7013 },
  ] as const;

  it.each(senders.flatMap((sender) => families.map((family) => ({ ...sender, family }))))(
    'is not lost: 200 datagrams of the $who over $family, in order and once',
    async ({ who, iface, port, family }) => {
      const before = udp.get('gateway')?.datagrams.length ?? 0;
      const address = gateway.on(iface)[family];
      const result = await whileUndecided(200, () =>
        udpExchange(lab.host(who), { address, port, count: 200, timeoutMs: 5_000 }),
      );
      expect(result).toEqual({ sent: 200, received: numbers(200), errno: null });
      await udp.get('gateway')?.waitForDatagrams(before + 200, 5_000);
      const arrived = udp.get('gateway')?.datagrams.slice(before) ?? [];
      expect(arrived.map(({ text }) => Number(text))).toEqual(numbers(200));
    },
  );

  it.each(families)('is one question, however many connect at once over %s', async (family) => {
    const decisions = async (): Promise<number> =>
      (await system.status()).policy?.decisions.allowed ?? Number.NaN;
    const before = await decisions();
    const address = gateway[family];
    const attempts = numbers(50).map((each) =>
      connect(friend, { address, port: 7014, payload: `${each}`, timeoutMs: 5_000 }),
    );
    const results = await Promise.all(attempts);
    expect(results).toMatchObject(numbers(50).map((each) => smooth(`${each}`)));
    expect((await decisions()) - before).toBe(1);
  });

  it.each(families)('is not held against a client that gave up and tries again over %s', async (family) => {
    // Same source port, another initial sequence number, while the first SYN is still undecided.
    const options = { address: gateway[family], port: 7022, from: 20_678, payload: 'again' } as const;
    const policy = system.pidOf('policy');
    process.kill(policy, 'SIGSTOP');
    try {
      expect(await connect(friend, { ...options, timeoutMs: 300 })).toMatchObject({ connected: false });
    } finally {
      process.kill(policy, 'SIGCONT');
    }
    expect(await connect(friend, options)).toMatchObject(smooth('again'));
  });
});

/** One process that makes 200 sockets, one after the other, each with a port of its own. */
const freshDatagrams = `
import socket, sys
address, port = sys.argv[1], int(sys.argv[2])
answers = 0
for n in range(200):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.sendto(b"%d" % n, (address, port))
        answers += s.recv(100) == b"%d" % n
print(answers)
`;

describe('after the first packet', () => {
  it.each(families)('the kernel alone carries the traffic over %s', async (family) => {
    const address = gateway[family];
    expect(await connect(friend, { address, port: 7015, payload: 'first' })).toMatchObject(smooth('first'));
    const asked = await system.packetsQueued();
    const results = await connectMany(friend, 200, { address, port: 7015, payload: 'next', reset: true });
    expect(results).toMatchObject(numbers(200).map(() => smooth('next')));
    const { stdout } = await friend.run(['/usr/bin/python3', '-c', freshDatagrams, address, '7015']);
    expect(stdout.trim()).toBe('200');
    // One permission opens all ports of a service.
    expect(await connect(friend, { address, port: 7016, payload: 'beside' })).toMatchObject(smooth('beside'));
    expect(await system.packetsQueued()).toBe(asked);
    // Another service is another question.
    expect(await connect(friend, { address, port: 7017, payload: 'other' })).toMatchObject(smooth('other'));
    expect(await system.packetsQueued()).toBe(asked + 1);
  });

  it.each(families)('a client may use its port again at once over %s', async (family) => {
    const options = { address: gateway[family], port: 7000, from: 20_679, payload: 'again', reset: true };
    const results = await connectMany(friend, 20, options);
    expect(results).toMatchObject(numbers(20).map(() => smooth('again')));
  });

  it('a session goes on after its time while it is used, and no packet is held for that', async () => {
    const address = gateway.ipv4;
    const held = await holdConnection(friend, { address, port: 7021, reset: true });
    const asked = await system.packetsQueued();
    const sessions = async () =>
      (await system.interceptor()).sessions.filter(({ service }) => service === 'short');
    const [{ since, until: first } = { since: '', until: '' }] = await sessions();
    // Twice its time at least.
    await eventually(
      async () => (await sessions()).some(({ until }) => Date.parse(until) - Date.parse(first) > 3_000),
      { withinMs: 10_000 },
    );
    expect(await sessions()).toMatchObject([{ since, bound: 'session_time' }]);
    held.send('still here');
    await eventually(() => held.received === 'hello\nstill here');
    expect(await system.packetsQueued()).toBe(asked);
    await held.stop();
  });

  it('a session that nobody uses ends by its time: the next connection is asked about', async () => {
    const [address, reset] = [gateway.ipv4, true];
    const again = () => connect(friend, { address, port: 7021, payload: 'new', reset });
    expect(await again()).toMatchObject(smooth('new'));
    await eventually(
      async () => !(await system.interceptor()).sessions.some(({ service }) => service === 'short'),
      { withinMs: 30_000 },
    );
    const asked = await system.packetsQueued();
    expect(await again()).toMatchObject(smooth('new'));
    expect(await system.packetsQueued()).toBe(asked + 1);
  });
});

describe('a permission is for one source', () => {
  /** Tries, and tells how many packets came back. */
  async function attempt(host: Host, address: string, port: number, source?: string) {
    const filter = source === undefined ? '' : ` and dst host ${source}`;
    const capture = await capturePackets(
      host,
      'eth0',
      `(tcp src port ${port} or icmp or (icmp6 and ip6[40] < 128))${filter}`,
    );
    const options = {
      address,
      port,
      timeoutMs: 1_500,
      payload: 'hi',
      ...(source === undefined ? {} : { source }),
    };
    const { connected } = await connect(host, options);
    const { count, dropped } = await capture.stop();
    expect(dropped).toBe(0);
    return { connected, silent: count === 0 };
  }
  const letIn = { connected: true, silent: false };
  const leftOut = { connected: false, silent: true };

  it.each(families)('not for its neighbour in the same network, over %s', async (family) => {
    const address = gateway.on('lan')[family];
    expect(await attempt(laptop, address, 7018)).toEqual(letIn);
    expect(await attempt(lab.host('camera'), address, 7018)).toEqual(leftOut);
    expect(await attempt(lab.host('camera'), address, freePort), 'the camera can be heard').toEqual(letIn);
  });

  it('or for its whole IPv6 network, beyond a router, where a rule says so', async () => {
    const remote = lab.host('remote');
    await remote.ip([
      'address add 2001:db8:7:1::99/64 dev eth0 nodad',
      'address add 2001:db8:7:1::bad/64 dev eth0 nodad',
    ]);
    const { ipv6: address } = gateway;
    expect(await attempt(remote, address, 7019, '2001:db8:7:1::7')).toEqual(letIn);
    const asked = await system.packetsQueued();
    expect(await attempt(remote, address, 7019, '2001:db8:7:1::99')).toEqual(letIn);
    expect(await attempt(remote, address, 7019, '2001:db8:7:1::bad')).toEqual(letIn);
    expect(await system.packetsQueued(), 'the network was let in as one').toBe(asked);
  });

  it('and not where a rule shuts one address of that network out', async () => {
    const remote = lab.host('remote');
    const { ipv6: address } = gateway;
    expect(await attempt(remote, address, 7020, '2001:db8:7:1::7')).toEqual(letIn);
    expect(await attempt(remote, address, 7020, '2001:db8:7:1::bad')).toEqual(leftOut);
    expect(await attempt(remote, address, 7020, '2001:db8:7:1::99')).toEqual(letIn);
  });

  it.each(families)('which its neighbours cannot keep from asking over %s', async (family) => {
    const address = gateway.on('lan')[family];
    const attempts = numbers(40).map(() =>
      connect(lab.host('camera'), { address, port: 7024, timeoutMs: 300 }),
    );
    expect((await Promise.all(attempts)).filter(({ connected }) => connected)).toEqual([]);
    // It had no session lately, and no rule knows its address: only its MAC address tells who it is.
    const result = await connect(lab.host('newcomer'), { address, port: 7024, payload: 'me' });
    expect(result).toMatchObject(smooth('me'));
  });
});

describe('connections that start behind the guard, from a port that is guarded,', () => {
  const starts: readonly { readonly who: string; readonly port: number; readonly what: string }[] = [
    { who: 'gateway', port: 7026, what: 'of the box itself' },
    { who: 'laptop', port: 7027, what: 'of a LAN host, from a port that is guarded on the box' },
    { who: 'camera', port: 7025, what: 'of a LAN host that may use nothing' },
    { who: 'server', port: 25566, what: 'of a host whose forwarded port it is' },
  ];

  it.each(starts.flatMap((start) => families.map((family) => ({ ...start, family }))))(
    'work both ways: $what over $family',
    async ({ who, port, family }) => {
      const [host, address] = [lab.host(who), friend[family]];
      const capture = await capturePackets(friend, 'eth0', `port ${freePort}`);
      const result = await connect(host, {
        address,
        port: freePort,
        from: port,
        payload: 'out',
        reset: true,
      });
      expect(result).toMatchObject(smooth('out'));
      const exchange = await udpExchange(host, { address, port: freePort, sourcePort: port, count: 5 });
      expect(exchange.received).toEqual(numbers(5));
      const { lines } = await capture.stop();
      // Masquerading kept the port, so the answers did go to a guarded one.
      expect(lines.filter((line) => line.includes(`.${port} > `)).length).toBeGreaterThan(5);
    },
  );
});

describe('marks of others', () => {
  async function counted(): Promise<Record<string, number>> {
    const { stdout } = await gateway.run(['nft', '-j', 'list', 'counters', 'table', 'inet', 'others']);
    const { nftables } = JSON.parse(stdout) as {
      nftables: { counter?: { name: string; packets: number } }[];
    };
    return Object.fromEntries(
      nftables.flatMap(({ counter }) => (counter === undefined ? [] : [[counter.name, counter.packets]])),
    );
  }

  it.each(families)('on TCP packets and connections stay as they are over %s', async (family) => {
    const [before, asked] = [await counted(), await system.packetsQueued()];
    const options = { address: gateway[family], port: 7023, payload: 'marked' };
    expect(await connect(friend, options)).toMatchObject(smooth('marked'));
    expect(await system.packetsQueued(), 'a verdict was given').toBe(asked + 1);
    // SYN, ACK and data at least; SYN-ACK, greeting and echo.
    await expectKept(before, 3);
  });

  it.each(families)('on UDP packets and connections stay as they are over %s', async (family) => {
    const [before, asked] = [await counted(), await system.packetsQueued()];
    const exchange = await udpExchange(friend, { address: gateway[family], port: 7028, count: 5 });
    expect(exchange.received).toEqual(numbers(5));
    expect(await system.packetsQueued(), 'a verdict was given').toBeGreaterThan(asked);
    await expectKept(before, 5);
  });

  async function expectKept(before: Readonly<Record<string, number>>, atLeast: number): Promise<void> {
    const after = await counted();
    expect(after).toMatchObject({ 'packets-lost': 0, 'connections-lost': 0 });
    for (const name of ['packets-kept', 'connections-kept'])
      expect((after[name] ?? 0) - (before[name] ?? 0), name).toBeGreaterThanOrEqual(atLeast);
  }
});
