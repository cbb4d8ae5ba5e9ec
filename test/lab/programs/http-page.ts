// SPDX-License-Identifier: MIT
// An HTTP server with one page.
//   http-page.ts BODY ADDRESS PORT…
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { announce, listenOnAll, peerOf } from './serving.ts';

const [body = '', address = '::', ...ports] = process.argv.slice(2);

function answer(request: IncomingMessage, response: ServerResponse): void {
  announce({ connection: peerOf(request.socket.remoteAddress, request.socket.remotePort) });
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
  response.end(body);
}

listenOnAll(() => createServer(answer), address, ports);
