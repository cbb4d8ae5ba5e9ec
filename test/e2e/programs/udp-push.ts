// SPDX-License-Identifier: MIT
// A UDP server that keeps talking: whoever sent it a datagram once gets one every 20 ms from then on.
//   udp-push.ts PORT
import { createSocket } from 'node:dgram';

const port = Number(process.argv[2]);
const peers = new Map<string, { readonly address: string; readonly port: number }>();
const socket = createSocket({ type: 'udp6' });

socket.on('message', (_, from) => {
  const address = from.address.replace(/^::ffff:/, '');
  peers.set(`${from.address} ${from.port}`, { address: from.address, port: from.port });
  console.log(JSON.stringify({ heard: { address, port: from.port } }));
});
socket.on('error', () => undefined);
socket.bind(port, '::', () => console.log('listening'));

let pushed = 0;
setInterval(() => {
  for (const peer of peers.values()) socket.send('.', peer.port, peer.address, () => undefined);
  if (peers.size === 0) return;
  pushed += 1;
  console.log(JSON.stringify({ pushed }));
}, 20);
