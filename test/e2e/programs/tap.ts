// SPDX-License-Identifier: MIT
// Prints every event on the bus, one JSON object a line, in the words of the NATS protocol alone: the bus
// listens on the loopback of its own network namespace, so the listener has to be a process in there.
//   tap.ts PORT PASSWORD_FILE
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const [port = '0', passwordFile = ''] = process.argv.slice(2);
const pass = readFileSync(passwordFile, 'utf8').trim();
const options = { user: 'tap', pass, verbose: false, pedantic: false, lang: 'none', version: '0' };

const socket = connect({ host: '127.0.0.1', port: Number(port) });
socket.write(`CONNECT ${JSON.stringify(options)}\r\nSUB nftoggle.> 1\r\nPING\r\n`);

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
  if (line === 'PING') socket.write('PONG\r\n');
  else if (line === 'PONG') console.log('tapping');
  else if (line.startsWith('-ERR')) console.error(line);
  else if (line.startsWith('MSG ')) console.log(payload.trim());
}
