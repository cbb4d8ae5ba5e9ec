// SPDX-License-Identifier: MIT
// A service that says when it can be reached, and when it was: `listening MS`, then `accepted MS FAMILY` for each
// connection, in milliseconds since the epoch.
//   wake-server.ts PORT
import { createServer } from 'node:net';

const server = createServer((socket) => {
  const family = socket.remoteAddress?.startsWith('::ffff:') === true ? 'ipv4' : 'ipv6';
  console.log(`accepted ${Date.now()} ${family}`);
  socket.on('error', () => undefined);
  socket.resume();
});
server.listen({ host: '::', port: Number(process.argv[2]), backlog: 256 }, () => {
  console.log(`listening ${Date.now()}`);
});
