// SPDX-License-Identifier: MIT
import { createSocket } from 'node:dgram';

/** Milliseconds between two datagrams. Machines limit their refusals, Linux to one a second for each asker. */
const interval = 500;

/**
 * Sends empty datagrams to a port until it is stopped. A closed one is refused by ICMP, which a connected socket
 * hears of; an open one hardly ever answers.
 */
export function poke(address: string, port: number, heard: (answer: 'open' | 'refused') => void): () => void {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  let timer: NodeJS.Timeout | undefined;
  const send = (): void => socket.send(new Uint8Array(), () => undefined);
  socket.on('message', () => heard('open'));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') heard('refused');
  });
  socket.once('connect', () => {
    send();
    timer = setInterval(send, interval);
  });
  socket.connect(port, address);
  return () => {
    clearInterval(timer);
    socket.close();
  };
}
