// SPDX-License-Identifier: MIT
// What the game does for somebody who opens the server list and then joins: status and ping on one connection,
// the login on the next. Prints one JSON object; each connection is one connect() and is never tried again.
//   minecraft-client.ts ADDRESS PORT NAME TIMEOUT_MS
import { connect, type Socket } from 'node:net';
import { encodePacket, FieldReader, type Packet, PacketSplitter } from './minecraft/frames.ts';
import {
  decodeDisconnect,
  decodeLoginSuccess,
  encodeHandshake,
  encodeLoginStart,
  ids,
  intents,
  offlineProfile,
  protocol,
} from './minecraft/packets.ts';

const [address = '', port = '0', name = 'Steve', timeoutMs = '30000'] = process.argv.slice(2);

interface Opened {
  readonly connectMs: number;
  readonly send: (bytes: Uint8Array) => void;
  /** The next packet. Rejects when the connection or the time is over. */
  readonly next: () => Promise<Packet>;
  readonly close: () => void;
}

function open(): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const socket = connect({ host: address, port: Number(port), noDelay: true });
    const outOfTime = setTimeout(() => socket.destroy(new Error('ETIMEDOUT')), Number(timeoutMs));
    socket.once('error', reject);
    socket.once('close', () => clearTimeout(outOfTime));
    const packets = packetsOf(socket);
    socket.once('connect', () =>
      resolve({
        connectMs: performance.now() - begun,
        send: (bytes) => socket.write(bytes),
        next: async () => {
          const { value, done } = await packets.next();
          if (done === true) throw new Error('closed');
          return value;
        },
        close: () => socket.destroy(),
      }),
    );
  });
}

async function* packetsOf(socket: Socket): AsyncGenerator<Packet, undefined> {
  const splitter = new PacketSplitter();
  for await (const chunk of socket) yield* splitter.push(chunk as Buffer);
  return undefined;
}

const handshake = (intent: number): Buffer =>
  encodeHandshake({ protocol, address, port: Number(port), intent });

async function askStatus() {
  const server = await open();
  server.send(handshake(intents.status));
  server.send(encodePacket(ids.cStatusRequest));
  const { description, version } = JSON.parse(new FieldReader((await server.next()).data).string()) as {
    readonly description: { readonly text: string };
    readonly version: { readonly name: string };
  };
  const pinged = performance.now();
  const payload = Buffer.alloc(8);
  payload.writeBigInt64BE(BigInt(Date.now()));
  server.send(encodePacket(ids.cPing, payload));
  const pong = await server.next();
  const pingMs = performance.now() - pinged;
  server.close();
  if (pong.id !== ids.sPong || !pong.data.equals(payload)) throw new Error('another pong than the ping');
  return { connectMs: server.connectMs, motd: description.text, version: version.name, pingMs };
}

async function join() {
  const server = await open();
  server.send(handshake(intents.login));
  server.send(encodeLoginStart(offlineProfile(name)));
  const { id, data } = await server.next();
  const isIn = id === ids.sLoginSuccess;
  if (isIn) server.send(encodePacket(ids.cLoginAcknowledged));
  const profile = isIn ? decodeLoginSuccess(data) : null;
  const refusal = isIn ? null : decodeDisconnect(data);
  server.close();
  return { connectMs: server.connectMs, profile, refusal };
}

function problemOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

try {
  const status = await askStatus();
  console.log(JSON.stringify({ status, login: await join(), problem: null }));
} catch (error) {
  console.log(JSON.stringify({ status: null, login: null, problem: problemOf(error) }));
}
