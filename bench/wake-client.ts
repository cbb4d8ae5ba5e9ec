// SPDX-License-Identifier: MIT
// One connect(), and when it was done: `connected MS` since the epoch, or `failed CODE`.
//   wake-client.ts ADDRESS PORT TIMEOUT_MS
import { connect } from 'node:net';

const [address = '', port = '0', timeoutMs = '0'] = process.argv.slice(2);
const socket = connect({ host: address, port: Number(port) }, () => {
  console.log(`connected ${Date.now()}`);
  socket.destroy();
});
socket.on('error', ({ message }) => console.log(`failed ${message}`));
setTimeout(() => socket.destroy(new Error('out of time')), Number(timeoutMs)).unref();
