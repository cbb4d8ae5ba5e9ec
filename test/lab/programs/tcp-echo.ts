// SPDX-License-Identifier: MIT
// A TCP server that greets and then sends back what it is sent.
//   tcp-echo.ts GREETING ADDRESS PORT…
import { createServer, type Socket } from 'node:net';
import { announce, listenOnAll, peerOf } from './serving.ts';

const [greeting = '', address = '::', ...ports] = process.argv.slice(2);

function serve(socket: Socket): void {
  announce({ connection: peerOf(socket.remoteAddress, socket.remotePort) });
  socket.on('error', () => undefined); // a reset is the client's way to leave
  socket.write(greeting);
  socket.pipe(socket);
}

listenOnAll(() => createServer(serve), address, ports);
