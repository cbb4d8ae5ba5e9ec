// SPDX-License-Identifier: MIT
// A Minecraft server (Java Edition 1.21.1, offline) up to the login: shows itself in the server list, lets
// players in who are on its list, and sends the others away.
//   minecraft-server.ts MOTD PLAYERS ADDRESS PORT…     PLAYERS: names with commas, or * for all
import { createServer, type Socket } from 'node:net';
import { encodePacket, FieldReader, type Packet, PacketSplitter, string } from './minecraft/frames.ts';
import {
  decodeHandshake,
  decodeLoginStart,
  encodeDisconnect,
  encodeLoginSuccess,
  ids,
  intents,
  offlineProfile,
  protocol,
  version,
} from './minecraft/packets.ts';
import { announce, listenOnAll, peerOf } from './serving.ts';

const [motd = 'A Minecraft Server', players = '*', address = '::', ...ports] = process.argv.slice(2);

type State = (packet: Packet, socket: Socket) => State;

const handshaking: State = ({ id, data }) => {
  const { intent, protocol: spoken } = decodeHandshake(data);
  if (id !== ids.cHandshake) throw new RangeError('not a handshake');
  if (intent === intents.status) return status;
  return spoken === protocol ? login : outdated;
};

const status: State = ({ id, data }, socket) => {
  if (id === ids.cStatusRequest) {
    socket.write(encodePacket(ids.sStatusResponse, string(JSON.stringify(statusText))));
    return status;
  }
  socket.end(encodePacket(ids.sPong, new FieldReader(data).bytes(8)));
  return over;
};

const statusText = {
  version: { name: version, protocol },
  players: { max: 20, online: 0, sample: [] },
  description: { text: motd },
  enforcesSecureChat: false,
};

const login: State = ({ data }, socket) => {
  const { name } = decodeLoginStart(data);
  if (players !== '*' && !players.split(',').includes(name)) {
    socket.end(encodeDisconnect('You are not white-listed on this server!'));
    return over;
  }
  announce({ login: name, from: peerOf(socket.remoteAddress, socket.remotePort) });
  socket.write(encodeLoginSuccess(offlineProfile(name)));
  return playing;
};

const outdated: State = (_, socket) => {
  socket.end(encodeDisconnect(`Outdated client! Please use ${version}`));
  return over;
};

/** What follows (configuration, worlds) is not played here: the client is let in, and leaves when it likes. */
const playing: State = () => playing;
const over: State = () => over;

function serve(socket: Socket): void {
  announce({ connection: peerOf(socket.remoteAddress, socket.remotePort) });
  const splitter = new PacketSplitter();
  let state = handshaking;
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    try {
      for (const packet of splitter.push(chunk)) state = state(packet, socket);
    } catch {
      socket.destroy(); // whatever that is, it is not the game
    }
  });
}

listenOnAll(() => createServer(serve), address, ports);
