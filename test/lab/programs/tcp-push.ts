// SPDX-License-Identifier: MIT
// A TCP server that keeps talking: one byte every INTERVAL_MS, whatever the client does.
//   tcp-push.ts INTERVAL_MS ADDRESS PORT…
import { createServer, type Socket } from 'node:net';
import { announce, listenOnAll, peerOf } from './serving.ts';

const [intervalMs = '50', address = '::', ...ports] = process.argv.slice(2);

function serve(socket: Socket): void {
  announce({ connection: peerOf(socket.remoteAddress, socket.remotePort) });
  socket.setNoDelay(true);
  const ticking = setInterval(() => socket.write('.'), Number(intervalMs));
  socket.resume();
  socket.on('error', () => undefined);
  socket.on('close', () => clearInterval(ticking));
}

listenOnAll(() => createServer(serve), address, ports);
