// SPDX-License-Identifier: MIT
// Prints every event on the bus, one JSON object a line, in the words of the NATS protocol alone: the bus
// listens on the loopback of its own network namespace, so the listener has to be a process in there.
//   tap.ts PORT SEED_FILE
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { authenticatorOf } from '@nftoggle/bus';

const [port = '0', seedFile = ''] = process.argv.slice(2);
const authenticate = authenticatorOf(readFileSync(seedFile, 'utf8').trim());

const socket = connect({ host: '127.0.0.1', port: Number(port) });

let buffer = Buffer.alloc(0);
socket.on('data', (chunk: Buffer) => {
  buffer = Buffer.concat([buffer, chunk]);
  while (readOne()) {
    // as many as are there
  }
});
socket.on('close', () => process.exit(1));

function readOne(): boolean {
  const end = buffer.indexOf('\r\n');
  if (end < 0) return false;
  const line = buffer.subarray(0, end).toString();
  const size = line.startsWith('MSG ') ? Number(line.split(' ').at(-1)) + 2 : 0;
  if (buffer.length < end + 2 + size) return false;
  const payload = buffer.subarray(end + 2, end + 2 + size).toString();
  buffer = buffer.subarray(end + 2 + size);
  act(line, payload);
  return true;
}

function act(line: string, payload: string): void {
  if (line.startsWith('INFO ')) greet(line.slice(5));
  else if (line === 'PING') socket.write('PONG\r\n');
  else if (line === 'PONG') console.log('tapping');
  else if (line.startsWith('-ERR')) console.error(line);
  else if (line.startsWith('MSG ')) console.log(payload.trim());
}

/** The server speaks first, and says what is to be signed. */
function greet(info: string): void {
  const { nonce } = JSON.parse(info) as { nonce: string };
  const options = { ...authenticate(nonce), verbose: false, pedantic: false, lang: 'none', version: '0' };
  socket.write(`CONNECT ${JSON.stringify(options)}\r\nSUB nftoggle.> 1\r\nPING\r\n`);
}
