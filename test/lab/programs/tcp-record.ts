// SPDX-License-Identifier: MIT
// A TCP server that tells what each client sent it, once the client has said all, and sends it back.
//   tcp-record.ts ADDRESS PORT…
import { createServer, type Socket } from 'node:net';
import { announce, listenOnAll, peerOf } from './serving.ts';

const [address = '::', ...ports] = process.argv.slice(2);

function serve(socket: Socket): void {
  const from = peerOf(socket.remoteAddress, socket.remotePort);
  announce({ connection: from });
  const chunks: Buffer[] = [];
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    socket.write(chunk);
  });
  socket.on('close', () => announce({ received: Buffer.concat(chunks).toString('latin1'), from }));
}

listenOnAll(() => createServer(serve), address, ports);
