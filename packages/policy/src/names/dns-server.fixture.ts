// SPDX-License-Identifier: MIT
// A DNS server that says what a test wants (RFC 1035), over UDP on loopback.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkBytes, parseAddress } from '@nftoggle/config';

/** `nodata`: there is such a name, but no such record. `silence`: no answer at all. */
export type Says =
  | { readonly addresses: readonly string[]; readonly ttl?: number; readonly alias?: string }
  | 'nxdomain'
  | 'nodata'
  | 'servfail'
  | 'refused'
  | 'silence';

/** Per family; a family that is left out has no data. */
export interface Zone {
  readonly A?: Says;
  readonly AAAA?: Says;
}

export interface DnsServer {
  /** `address:port`. */
  readonly address: string;
  /** Unknown names are `nxdomain`. */
  readonly zones: Map<string, Zone>;
  /** Names that were asked about, by the question for IPv4. */
  readonly asked: string[];
  /** Keeps answers back until `release`. */
  hold(): void;
  release(): void;
  /** Questions whose answer is kept back. */
  readonly held: () => number;
  stop(): Promise<void>;
}

const codes = { nodata: 0, servfail: 2, nxdomain: 3, refused: 5 } as const;
const types = { 1: 'A', 28: 'AAAA' } as const;

export async function startDns(): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const zones = new Map<string, Zone>();
  const asked: string[] = [];
  let waiting: (() => void)[] | null = null;
  socket.on('message', (message, from) => {
    const question = readQuestion(message);
    if (question.type === 'A') asked.push(question.name);
    const answer = () => reply(socket, from, message, question, zones.get(question.name) ?? {}, zones);
    if (waiting === null) answer();
    else waiting.push(answer);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    zones,
    asked,
    hold: () => {
      waiting = [];
    },
    release: () => {
      for (const answer of waiting ?? []) answer();
      waiting = null;
    },
    held: () => waiting?.length ?? 0,
    stop: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

interface Question {
  readonly name: string;
  readonly type: 'A' | 'AAAA';
  /** Where the question ends in the message. */
  readonly end: number;
}

function readQuestion(message: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const type = message.readUInt16BE(at + 1) as 1 | 28;
  return { name: labels.join('.').toLowerCase(), type: types[type], end: at + 5 };
}

function reply(
  socket: Socket,
  from: RemoteInfo,
  message: Buffer,
  question: Question,
  zone: Zone,
  zones: ReadonlyMap<string, Zone>,
): void {
  const says = zones.has(question.name) ? (zone[question.type] ?? 'nodata') : 'nxdomain';
  if (says === 'silence') return;
  const code = typeof says === 'string' ? codes[says] : 0;
  const records = typeof says === 'string' ? [] : answerRecords(says, question);
  const header = Buffer.alloc(12);
  header.writeUInt16BE(message.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  socket.send(
    Buffer.concat([header, message.subarray(12, question.end), ...records]),
    from.port,
    from.address,
  );
}

function answerRecords(says: Exclude<Says, string>, { name, type }: Question): readonly Buffer[] {
  const { addresses, ttl = 300, alias } = says;
  const owner = alias ?? name;
  const records = addresses.map((text) => {
    const address = parseAddress(text);
    if (address === null) throw new TypeError(text);
    return record(owner, type === 'A' ? 1 : 28, ttl, Buffer.from(networkBytes(address)));
  });
  return alias === undefined ? records : [record(name, 5, ttl, encodedName(alias)), ...records];
}

function record(owner: string, type: number, ttl: number, data: Buffer): Buffer {
  const facts = Buffer.alloc(10);
  facts.writeUInt16BE(type, 0);
  facts.writeUInt16BE(1, 2);
  facts.writeUInt32BE(ttl, 4);
  facts.writeUInt16BE(data.length, 8);
  return Buffer.concat([encodedName(owner), facts, data]);
}

function encodedName(name: string): Buffer {
  const labels = name
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}
