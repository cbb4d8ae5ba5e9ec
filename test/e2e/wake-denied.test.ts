// SPDX-License-Identifier: MIT
// Whoever may not come in wakes nobody: ten thousand packets of a scanner, and not one magic packet.
import {
  captureMagicPackets,
  capturePackets,
  connect,
  type Host,
  labObstacles,
  putToSleep,
  rawPackets,
  SCAN_TYPES,
  startTcpEcho,
} from '@nftoggle/lab';
import { eventually } from '@nftoggle/testkit';
import { expect, it } from 'vitest';
import { EventTap } from './event-tap.ts';
import { inTurns, scanHosts } from './many-scans.ts';
import { friend4, friend6, setScene } from './scene.ts';
import { System } from './system.ts';
import { expectSilence, listed, sleeper } from './wake-scene.ts';

const port = 25_565;
const packets = 10_000;

/** The limits are out of the way: policy itself has to refuse each of them. */
function config(server: Host): string {
  return `version: 1
limits: { strangers_per_second: 1000000, stranger_per_minute: 1000000 }
devices:
${sleeper('nas', server, '{ timeout: 30s }')}services:
  game: { ports: [${port}/tcp, ${port}/udp], to: nas, forward: true, allow: [${listed([friend4, friend6])}] }
`;
}

/** First packets as scanners send them, from its own address and from made-up ones, of either family. */
function flood(from: Host, gateway: Host, server: Host): string {
  const targets = [gateway.ipv4, server.ipv4].map((address) => `"${address}"`).join(', ');
  const targets6 = [gateway.ipv6, server.ipv6].map((address) => `"${address}"`).join(', ');
  return `
import random, socket
random.seed(20261123)
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("eth0", 0))
ether = Ether(src="${from.on().mac}", dst="${gateway.on().mac}")
def layers(n):
    yield TCP(sport=1024 + n % 60000, dport=${port}, seq=n, flags=random.choice(["S", "S", "S", "SEC", "A", "F", "FPU", ""]))
    yield UDP(sport=1024 + n % 60000, dport=${port}) / Raw("hello")
def v4(n):
    source = "${from.ipv4}" if n % 2 else "198.51.%d.%d" % (random.randrange(101, 200), random.randrange(1, 250))
    return IP(src=source, dst=random.choice([${targets}]))
def v6(n):
    source = "${from.ipv6}" if n % 2 else "2001:db8:66:%x::%x" % (random.randrange(65536), random.randrange(1, 65536))
    return IPv6(src=source, dst=random.choice([${targets6}]))
for n in range(0, ${packets}, 4):
    for ip in (v4, v6):
        for layer in layers(n):
            out.send(bytes(ether / ip(n) / layer))
`;
}

it('ten thousand packets of scanners: no magic packet, no wake; one of a friend wakes it', async () => {
  expect(labObstacles(), 'what these tests need on this machine').toEqual([]);
  await using scene = await setScene({ only: ['gateway', 'scanner', 'friend', 'server'] });
  const { gateway, scanner, friend, lab } = scene;
  const server = lab.host('server');
  await startTcpEcho(server, { port });
  await using system = await System.start(gateway, config(server));
  await using tap = await EventTap.open(system);
  const asleep = await putToSleep(server, { bootMs: 500 });
  const magic = await captureMagicPackets(gateway, 'lan');
  const lan = await capturePackets(gateway, 'lan', `tcp port ${port} or udp port ${port}`);
  const back = await capturePackets(scanner, 'eth0', `tcp src port ${port} or udp src port ${port}`);

  await rawPackets(scanner, flood(scanner, gateway, server), 120_000);
  const types = SCAN_TYPES.filter((type) => type !== 'U');
  const scans = types.flatMap((type) =>
    (['ipv4', 'ipv6'] as const).map(
      (family) => () => scanHosts(scanner, [gateway[family], server[family]], [port], { type, extra: [] }),
    ),
  );
  await inTurns(scans, 3);
  const asked = await system.packetsQueued();
  console.log(`${asked} questions of strangers, all of them refused`);
  expect(asked, 'the control: they were asked about').toBeGreaterThan(packets / 4);
  await eventually(async () => (await system.interceptor()).held === 0, { withinMs: 20_000 });
  await tap.waitFor('access_denied', ({ data }) => data.service === 'game', 10_000);
  expect(tap.heard('wake_started')).toEqual([]);
  expect((await system.status()).wol?.waking).toEqual([]);
  expect(asleep.wokenBy).toBeUndefined();
  for (const capture of [magic, lan, back]) await expectSilence(capture);

  const control = await captureMagicPackets(gateway, 'lan', server);
  const result = await connect(friend, { address: server.ipv4, port, payload: 'hi', timeoutMs: 30_000 });
  expect(result).toMatchObject({ connected: true, received: 'hello\nhi' });
  expect((await control.stop()).count).toBeGreaterThan(0);
}, 180_000);
