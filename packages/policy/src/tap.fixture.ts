// SPDX-License-Identifier: MIT
// Hears every event on the bus, as `nats sub` does, to see what is published and how often.
import { connect } from 'node:net';
import { authenticatorOf } from '@nftoggle/bus';
import type { CloudEvent, EventData, EventType } from '@nftoggle/contracts';
import type { NatsServer } from '@nftoggle/testkit';

export interface Tap {
  /** What was heard of a type so far, in order; an event that came twice counts once. */
  of<T extends EventType>(type: T): readonly EventData<T>[];
  close(): void;
}

/** Listens from when it resolves until the server ends. */
export async function openTap({ url, seeds }: NatsServer): Promise<Tap> {
  const events = new Map<string, CloudEvent>();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const listens = Promise.withResolvers<void>();
  let unread: Buffer = Buffer.alloc(0);
  socket.on('error', listens.reject);
  socket.on('data', (data) => {
    unread = readFrames(Buffer.concat([unread, data]), (line, payload) => {
      if (line.startsWith('INFO ')) socket.write(hello(seeds.tap, line.slice(5)));
      if (line === 'PING') socket.write('PONG\r\n');
      if (line === 'PONG') listens.resolve();
      const event = JSON.parse(payload) as Partial<CloudEvent>;
      if (event.specversion === '1.0' && event.id) events.set(event.id, event as CloudEvent);
    });
  });
  await listens.promise;
  return {
    of: (type) =>
      [...events.values()].filter((event) => event.type === type).map(({ data }) => data as never),
    close: () => socket.destroy(),
  };
}

function hello(seed: string, info: string): string {
  const { nonce } = JSON.parse(info) as { nonce: string };
  const login = { ...authenticatorOf(seed)(nonce), verbose: false, lang: 'test', version: '1' };
  return `CONNECT ${JSON.stringify(login)}\r\nSUB nftoggle.> 1\r\nPING\r\n`;
}

/** Lines of the protocol, with the payload of a message or `{}`; returns what is not whole yet. */
function readFrames(from: Buffer, read: (line: string, payload: string) => void): Buffer {
  let rest = from;
  for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
    const line = rest.subarray(0, end).toString();
    const begin = end + 2;
    const size = line.startsWith('MSG ') ? Number(line.split(' ').at(-1)) : 0;
    const next = size > 0 ? begin + size + 2 : begin;
    if (rest.length < next) break;
    read(line, size > 0 ? rest.subarray(begin, begin + size).toString() : '{}');
    rest = rest.subarray(next);
  }
  return rest;
}
