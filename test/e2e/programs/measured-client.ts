// SPDX-License-Identifier: MIT
// Uses services and counts what that moved. Reads a JSON list of uses from its input and prints one line of JSON for
// each when it is done.
//   measured-client.ts AT_ONCE < uses.json
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { MeasuredUse, Moved } from '../measured-use.ts';

const atOnce = Number(process.argv[2]);
const waiting = JSON.parse(await text(process.stdin)) as MeasuredUse[];

await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (let use = waiting.shift(); use !== undefined; use = waiting.shift()) {
      const moved = await (use.protocol === 'tcp' ? overTcp(use) : overUdp(use));
      console.log(JSON.stringify({ ...use, ...moved }));
    }
  }),
);

function question({ up, down }: MeasuredUse): Buffer {
  return Buffer.alloc(up, String(down).padStart(10, '0'));
}

function overTcp(use: MeasuredUse): Promise<Moved> {
  return new Promise((resolve) => {
    const socket = connect({ host: use.address, port: use.port, localAddress: use.source });
    let received = 0;
    let problem: string | null = null;
    socket.on('data', (data: Buffer) => {
      received += data.length;
    });
    socket.on('error', (error) => {
      problem = error.message;
    });
    socket.on('close', () => resolve({ sent: use.up, received, problem }));
    socket.end(question(use));
  });
}

/** One datagram there and one back; it is said again when no answer comes within a second. */
function overUdp(use: MeasuredUse): Promise<Moved> {
  return new Promise((resolve) => {
    const socket = createSocket(use.address.includes(':') ? 'udp6' : 'udp4');
    let sent = 0;
    const say = (): void => {
      sent += use.up;
      socket.send(question(use), use.port, use.address);
    };
    const again = setInterval(say, 1_000);
    socket.on('message', (data) => {
      clearInterval(again);
      socket.close(() => resolve({ sent, received: data.length, problem: null }));
    });
    socket.bind({ address: use.source }, say);
  });
}
