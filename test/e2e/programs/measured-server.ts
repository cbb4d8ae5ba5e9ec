// SPDX-License-Identifier: MIT
// Answers with as many bytes as it is asked for: over TCP when the client has said all, over UDP at each datagram.
//   measured-server.ts ADDRESS PORT…
//
// What a client says begins with the number of bytes that it wants back, in ten digits.
import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';

const [address = '::', ...ports] = process.argv.slice(2);

function serve(socket: Socket): void {
  let wanted = '';
  socket.on('data', (data: Buffer) => {
    if (wanted.length < 10) wanted += data.toString('latin1', 0, 10 - wanted.length);
  });
  socket.on('end', () => socket.end(Buffer.alloc(Number(wanted), 'a')));
  socket.on('error', () => undefined);
}

let missing = 2 * ports.length;
function ready(): void {
  missing -= 1;
  if (missing === 0) console.log('listening');
}

for (const port of ports.map(Number)) {
  createServer({ allowHalfOpen: true }, serve).listen({ host: address, port, backlog: 4_096 }, ready);
  const datagrams = createSocket('udp6');
  datagrams.on('message', (data, from) => {
    datagrams.send(Buffer.alloc(Number(data.toString('latin1', 0, 10)), 'a'), from.port, from.address);
  });
  datagrams.bind({ port, address }, ready);
}
