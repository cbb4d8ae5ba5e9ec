// SPDX-License-Identifier: MIT
// Somebody who may not come in, and who tries all the time: new TCP connections and datagrams, IPv4 and IPv6.
//   strangers.ts PER_SECOND TCP_PORT UDP_PORT CONTROL_PORT ADDRESS…
//
// Prints one JSON object for each attempt that got any answer, a refusal included. Every fiftieth attempt goes
// to the control port, which nobody guards. When stdin ends, prints how many attempts there were, and ends.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

const [perSecond, tcpPort, udpPort, controlPort] = process.argv.slice(2, 6).map(Number);
const addresses = process.argv.slice(6);
/** How long each attempt waits for an answer, in milliseconds: shorter than the first retransmit of a SYN. */
const patience = 300;
const tick = 5;

const counts = { attempts: 0, controls: 0 };

function attempt(address: string, port: number, onAnswer: (answer: string, started: number) => void): void {
  const started = Date.now();
  const socket = connect({ host: address, port });
  const timer = setTimeout(() => socket.destroy(), patience);
  const answered = (answer: string): void => {
    clearTimeout(timer);
    socket.destroy();
    onAnswer(answer, started);
  };
  socket.once('connect', () => answered('connected'));
  socket.once('error', (error: NodeJS.ErrnoException) => answered(error.code ?? error.message));
}

function attemptDatagram(address: string, port: number): void {
  const started = Date.now();
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const timer = setTimeout(() => socket.close(), patience);
  const answered = (answer: string): void => {
    clearTimeout(timer);
    socket.close();
    report(address, port, answer, started);
  };
  socket.once('message', () => answered('answered'));
  socket.once('error', (error: NodeJS.ErrnoException) => answered(error.code ?? error.message));
  socket.connect(port, address, () => socket.send('stranger'));
}

function report(address: string, port: number, answer: string, started: number): void {
  console.log(JSON.stringify({ address, port, answer, started }));
}

function once(number: number): void {
  const address = addresses[number % addresses.length] ?? '';
  if (number % 50 < addresses.length) {
    attempt(address, controlPort ?? 0, (answer) => {
      if (answer === 'connected') counts.controls += 1;
    });
    return;
  }
  counts.attempts += 1;
  // One in eight is a datagram, of either family in turn.
  if (number % 16 < addresses.length) attemptDatagram(address, udpPort ?? 0);
  else {
    const port = tcpPort ?? 0;
    attempt(address, port, (answer, started) => report(address, port, answer, started));
  }
}

let number = 0;
const since = performance.now();
const beat = setInterval(() => {
  const due = ((performance.now() - since) / 1000) * (perSecond ?? 0);
  while (number < due) once(number++);
}, tick);

console.log('trying');
process.stdin.resume();
process.stdin.on('end', () => {
  clearInterval(beat);
  setTimeout(() => {
    console.log(JSON.stringify(counts));
    process.exit(0);
  }, patience + tick);
});
