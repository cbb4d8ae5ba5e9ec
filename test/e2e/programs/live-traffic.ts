// SPDX-License-Identifier: MIT
// Connections that must not notice anything: to each address one TCP connection to an echo server and one UDP
// socket. Each sends a number every 10 ms and expects the same numbers back, all of them and in order.
//   live-traffic.ts TCP_PORT UDP_PORT ADDRESS…
//
// Says `live` when every stream had its first answer. When stdin ends, waits for the last answers, prints one
// JSON object for each stream, and ends.
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const [tcpPort = 0, udpPort = 0] = process.argv.slice(2, 4).map(Number);
const addresses = process.argv.slice(4);
const interval = 10;

interface Stream {
  readonly name: string;
  sent: number;
  received: number;
  longestSilence: number;
  last: number;
  fault: string | null;
  readonly send: (number: number) => void;
}

const streams = addresses.flatMap((address) => [tcpStream(address), udpStream(address)]);

function newStream(name: string, send: (number: number) => void): Stream {
  return { name, sent: 0, received: 0, longestSilence: 0, last: 0, fault: null, send };
}

function onAnswer(stream: Stream, text: string): void {
  if (text !== String(stream.received)) stream.fault ??= `${stream.received} expected, ${text} came`;
  const now = performance.now();
  if (stream.received > 0) stream.longestSilence = Math.max(stream.longestSilence, now - stream.last);
  stream.last = now;
  stream.received += 1;
  if (streams.every(({ received }) => received === 1) && stream.received === 1) begin();
}

function tcpStream(address: string): Stream {
  const socket: Socket = connect({ host: address, port: tcpPort, noDelay: true });
  const stream = newStream(`tcp ${address}`, (number) => void socket.write(`${number}\n`));
  let greeted = false;
  createInterface({ input: socket }).on('line', (line) => {
    if (greeted) onAnswer(stream, line);
    else {
      greeted = true;
      sendNext(stream);
    }
  });
  socket.on('error', ({ message }) => {
    stream.fault ??= message;
  });
  socket.on('end', () => {
    stream.fault ??= 'closed by the server';
  });
  return stream;
}

function udpStream(address: string): Stream {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const stream = newStream(`udp ${address}`, (number) => socket.send(String(number)));
  socket.on('message', (message) => onAnswer(stream, String(message)));
  socket.on('error', ({ message }) => {
    stream.fault ??= message;
  });
  socket.connect(udpPort, address, () => sendNext(stream));
  return stream;
}

function sendNext(stream: Stream): void {
  stream.send(stream.sent);
  stream.sent += 1;
}

let beat: NodeJS.Timeout | undefined;

function begin(): void {
  console.log('live');
  beat = setInterval(() => streams.forEach(sendNext), interval);
}

process.stdin.resume();
process.stdin.on('end', () => {
  clearInterval(beat);
  const deadline = performance.now() + 5_000;
  setInterval(() => {
    const complete = streams.every(({ sent, received }) => sent === received);
    if (!complete && performance.now() < deadline) return;
    for (const { name, sent, received, longestSilence, fault } of streams)
      console.log(JSON.stringify({ name, sent, received, longestSilence, fault }));
    process.exit(0);
  }, interval);
});
