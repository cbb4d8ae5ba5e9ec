// SPDX-License-Identifier: MIT
// The packets of Minecraft 1.21.1 (protocol 767) up to a login: handshake, status with its ping, offline login.
import { createHash } from 'node:crypto';
import { encodePacket, FieldReader, string, varInt } from './frames.ts';

export const protocol = 767;
export const version = '1.21.1';

/** Ids in the order of their states; from the client (`c`) and from the server (`s`) they are counted apart. */
export const ids = {
  cHandshake: 0x00,
  cStatusRequest: 0x00,
  cPing: 0x01,
  sStatusResponse: 0x00,
  sPong: 0x01,
  cLoginStart: 0x00,
  cLoginAcknowledged: 0x03,
  sDisconnect: 0x00,
  sLoginSuccess: 0x02,
} as const;

/** What the client wants to do next, by the number in its handshake. */
export const intents = { status: 1, login: 2 } as const;

export interface Handshake {
  readonly protocol: number;
  readonly address: string;
  readonly port: number;
  readonly intent: number;
}

export function encodeHandshake({ protocol: spoken, address, port, intent }: Handshake): Buffer {
  const number = Buffer.alloc(2);
  number.writeUInt16BE(port);
  return encodePacket(ids.cHandshake, varInt(spoken), string(address), number, varInt(intent));
}

export function decodeHandshake(data: Buffer): Handshake {
  const fields = new FieldReader(data);
  return {
    protocol: fields.varInt(),
    address: fields.string(),
    port: fields.uint16(),
    intent: fields.varInt(),
  };
}

export interface Profile {
  readonly name: string;
  readonly uuid: string;
}

/** Who a player is where nobody asks Mojang: the UUID follows from the name. */
export function offlineProfile(name: string): Profile {
  const hash = createHash('md5').update(`OfflinePlayer:${name}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x30;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return { name, uuid: uuidText(hash) };
}

export function encodeLoginStart({ name, uuid }: Profile): Buffer {
  return encodePacket(ids.cLoginStart, string(name), uuidBytes(uuid));
}

export function decodeLoginStart(data: Buffer): Profile {
  const fields = new FieldReader(data);
  return { name: fields.string(), uuid: uuidText(fields.bytes(16)) };
}

/** Without properties (skins and such); the last byte is `strict error handling`, of 1.20.5 to 1.21.1. */
export function encodeLoginSuccess({ name, uuid }: Profile): Buffer {
  return encodePacket(ids.sLoginSuccess, uuidBytes(uuid), string(name), varInt(0), Buffer.of(0));
}

export function decodeLoginSuccess(data: Buffer): Profile {
  const fields = new FieldReader(data);
  const uuid = uuidText(fields.bytes(16));
  return { name: fields.string(), uuid };
}

/** Text components are JSON before the game begins. */
export function encodeDisconnect(text: string): Buffer {
  return encodePacket(ids.sDisconnect, string(JSON.stringify({ text })));
}

export function decodeDisconnect(data: Buffer): string {
  const { text = '' } = JSON.parse(new FieldReader(data).string()) as { readonly text?: string };
  return text;
}

function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
