// SPDX-License-Identifier: MIT
// Two labs that are alike but for one thing: the gateway of one of them is guarded. What is sent to both
// shows what the guard changes, and that a probe which gets nothing there would have got something here.
import { createLab, type Host, type HostName, type Lab, startTcpEcho, startUdpEcho } from '@nftoggle/lab';
import { System } from './system.ts';

/** Ports that nobody guards: one with programs behind it, one without. */
export const free = { open: 7100, closed: 7101 } as const;

/** Guarded ports, of either protocol: one with programs behind it, one without. */
export const local = { open: 7000, closed: 7003 } as const;
export const published = { open: 8080, closed: 8081 } as const;
export const nas = { open: 25565, closed: 25566 } as const;
export const outgoing = { open: 3478, closed: 3479 } as const;
/** Somebody else's port forward, of the gateway to the open port of the guarded machine. */
export const smuggled = 2222;

/** Programs that listen on IPv4 alone: others get no IPv4 multicast. UDP, one guarded, one not. */
export const ipv4Only = { guarded: 7001, free: 7102 } as const;

export const allPorts: readonly number[] = [local, published, nas, outgoing, free].flatMap((each) => [
  each.open,
  each.closed,
]);

/** The friend alone may come in, the laptop alone may go out. */
const config = `
version: 1
devices:
  nas: { address: [192.168.1.20, "fd00:1::20"] }
groups:
  # The scanner is in the same networks.
  friends: [203.0.113.7, "2001:db8:a::7", "fe80::ff:fe00:a07"]
services:
  local:     { ports: [7000-7003/tcp, 7000-7003/udp], allow: [friends] }
  published: { ports: [8080/tcp, 8081/tcp, 8080-8081/udp], allow: [friends] }
  nas:       { ports: [25565-25566/tcp, 25565-25566/udp], to: nas, allow: [friends] }
  outgoing:  { ports: [3478-3479/tcp, 3478-3479/udp], direction: out, allow: [192.168.1.10, "fd00:1::10"] }
limits:
  # Far above what the scans send, so that every one of their questions is really asked: a packet that the
  # limits drop before would prove nothing about the rest of the way.
  stranger_per_minute: 1000000
  strangers_per_second: 1000000
`;

export interface Twin {
  readonly lab: Lab;
  readonly guarded: boolean;
  host(name: HostName): Host;
  /** Resolves when every question has its answer and every verdict is given. */
  settled(): Promise<void>;
}

export interface TwinLabs extends AsyncDisposable {
  readonly bare: Twin;
  readonly guarded: Twin;
  readonly system: System;
}

export async function createTwins(): Promise<TwinLabs> {
  const [bare, guarded] = await Promise.all([createSite(), createSite()]);
  const system = await System.start(guarded.host('gateway'), config);
  return {
    bare: { lab: bare, guarded: false, host: (name) => bare.host(name), settled: async () => undefined },
    guarded: {
      lab: guarded,
      guarded: true,
      host: (name) => guarded.host(name),
      settled: () => queuesEmpty(guarded.host('gateway')),
    },
    system,
    [Symbol.asyncDispose]: async () => {
      await system[Symbol.asyncDispose]();
      await Promise.all([bare.close(), guarded.close()]);
    },
  };
}

async function createSite(): Promise<Lab> {
  const lab = await createLab({
    only: ['gateway', 'scanner', 'friend', 'server', 'laptop', 'camera', 'container'],
  });
  const [gateway, server, container, friend] = (['gateway', 'server', 'container', 'friend'] as const).map(
    (name) => lab.host(name),
  ) as [Host, Host, Host, Host];
  await Promise.all([
    ...[gateway, server, container, friend].map(answerEveryError),
    ...answering(gateway, [local.open, free.open]),
    startUdpEcho(gateway, { port: [ipv4Only.guarded, ipv4Only.free], address: '0.0.0.0' }),
    ...answering(server, [nas.open, local.open, free.open]),
    ...answering(container, [80]),
    ...answering(friend, [outgoing.open, local.open, free.open]),
  ]);
  for (const protocol of ['tcp', 'udp'] as const) {
    await lab.publish(published.open, protocol, 80);
    await lab.publish(published.closed, protocol, 81);
  }
  await gateway.loadRuleset(smuggling(server));
  return lab;
}

function answering(host: Host, port: readonly number[]): Promise<unknown>[] {
  return [startTcpEcho(host, { port }), startUdpEcho(host, { port })];
}

/** Hosts limit the ICMP errors they send; without limits the answers do not depend on what came before. */
async function answerEveryError(host: Host): Promise<void> {
  await host.setSysctl({
    'net.ipv4.icmp_ratelimit': 0,
    'net.ipv4.icmp_msgs_per_sec': 1_000_000,
    'net.ipv4.icmp_msgs_burst': 1_000_000,
    'net.ipv6.icmp.ratelimit': 0,
    'net.ipv4.icmp_echo_ignore_broadcasts': 0,
  });
}

function smuggling(server: Host): string {
  const to = (family: 'ipv4' | 'ipv6', target: string) =>
    `meta nfproto ${family} meta l4proto { tcp, udp } th dport ${smuggled} fib daddr type local dnat ${target}`;
  return `table inet smuggler {
    chain forwards {
      type nat hook prerouting priority dstnat; policy accept;
      ${to('ipv4', `ip to ${server.ipv4}:${nas.open}`)}
      ${to('ipv6', `ip6 to [${server.ipv6}]:${nas.open}`)}
    }
  }
  `;
}

/** Third column: packets waiting for a verdict. */
async function queuesEmpty(gateway: Host): Promise<void> {
  for (;;) {
    const { stdout } = await gateway.run(['cat', '/proc/net/netfilter/nfnetlink_queue']);
    const waiting = stdout
      .trim()
      .split('\n')
      .map((line) => Number(line.trim().split(/\s+/)[2]));
    if (waiting.length >= 2 && waiting.every((count) => count === 0)) return;
  }
}
