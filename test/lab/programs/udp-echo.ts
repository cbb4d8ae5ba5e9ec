// SPDX-License-Identifier: MIT
// A UDP server that tells every datagram, in the order of arrival, and sends it back.
//   udp-echo.ts ADDRESS PORT…
import { createSocket } from 'node:dgram';
import { announce, peerOf } from './serving.ts';

const [address = '::', ...ports] = process.argv.slice(2);
let missing = ports.length;

function listen(port: number): void {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (message, sender) => {
    announce({ datagram: message.toString('latin1'), from: peerOf(sender.address, sender.port) });
    socket.send(message, sender.port, sender.address);
  });
  socket.bind(port, address, () => {
    socket.setRecvBufferSize(4 << 20);
    missing -= 1;
    if (missing === 0) console.log('listening');
  });
}

for (const port of ports) listen(Number(port));
