// SPDX-License-Identifier: MIT
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Destination } from './way.ts';

/** One datagram that was handed to the kernel, or was not. */
export interface Sending {
  readonly destination: Destination;
  readonly port: number;
  /** Why it did not leave this host; null when it did. */
  readonly problem: string | null;
}

export interface PacketSender {
  /** Sends a packet to every port of every destination. What cannot be sent is told, never thrown. */
  send(
    packet: Uint8Array,
    destinations: readonly Destination[],
    ports: readonly number[],
  ): Promise<readonly Sending[]>;
}

/** Sends by plain UDP sockets: broadcasting needs no privilege, only SO_BROADCAST. */
export const udpSender: PacketSender = {
  send: async (packet, destinations, ports) => {
    const groups = Map.groupBy(destinations, ({ family, from }) => `${family} ${from}`);
    const sent = await Promise.all([...groups.values()].map((group) => sendGroup(packet, group, ports)));
    return sent.flat();
  },
};

/** Destinations that one socket can reach: those that leave from the same address of ours. */
async function sendGroup(
  packet: Uint8Array,
  group: readonly Destination[],
  ports: readonly number[],
): Promise<readonly Sending[]> {
  const family = group[0]?.family ?? 4;
  const each = group.flatMap((destination) => ports.map((port) => ({ destination, port })));
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: family === 6 });
  try {
    await bind(socket, family, group[0]?.from ?? null);
    // Errors that the network reports later are nobody's: whether the device wakes is found out otherwise.
    socket.on('error', () => undefined);
    return await Promise.all(
      each.map(async ({ destination, port }) => ({
        destination,
        port,
        problem: await sendOne(socket, packet, port, destination.to),
      })),
    );
  } catch (error) {
    const problem = sendProblem(error);
    return each.map((sending) => ({ ...sending, problem }));
  } finally {
    socket.close();
  }
}

async function bind(socket: Socket, family: 4 | 6, from: string | null): Promise<void> {
  const bound = once(socket, 'listening');
  socket.bind(from === null ? { port: 0 } : { port: 0, address: from });
  await bound;
  if (family === 4) socket.setBroadcast(true);
  else socket.setMulticastLoopback(false);
}

function sendOne(socket: Socket, packet: Uint8Array, port: number, to: string): Promise<string | null> {
  return new Promise((resolve) => {
    socket.send(packet, port, to, (error) => resolve(error === null ? null : sendProblem(error)));
  });
}

const meanings: Readonly<Record<string, string>> = {
  EACCES: 'this address may not be broadcast to',
  EPERM: 'a firewall of this host drops it',
  ENETUNREACH: 'this host has no route there',
  EHOSTUNREACH: 'this host has no route there',
  ENETDOWN: 'the interface is down',
  EADDRNOTAVAIL: 'the address of this host is gone',
  ENOBUFS: 'the interface does not take more',
};

function sendProblem(error: unknown): string {
  const { code = 'unknown', message } = error as NodeJS.ErrnoException;
  const meaning = meanings[code];
  return meaning === undefined ? message : `${meaning} (${code})`;
}
