// SPDX-License-Identifier: MIT
// How Minecraft (Java Edition) puts packets on the wire: a length, an id and fields. Lengths and ids are VarInts:
// seven bits a byte, the lowest first, the top bit saying that more follow.
// https://minecraft.wiki/w/Java_Edition_protocol/Packets

export interface Packet {
  readonly id: number;
  readonly data: Buffer;
}

/** No packet before the game itself is longer; a peer that announces one speaks something else. */
export const longestPacket = 64 * 1024;

export function varInt(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    bytes.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    rest >>>= 7;
  } while (rest !== 0);
  return Buffer.from(bytes);
}

/** UTF-8 behind its length in bytes. */
export function string(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([varInt(bytes.length), bytes]);
}

export function encodePacket(id: number, ...fields: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat([varInt(id), ...fields]);
  return Buffer.concat([varInt(body.length), body]);
}

/** Reads the fields of a packet one after the other; throws RangeError where there is less than is asked for. */
export class FieldReader {
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  varInt(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes(1)[0] ?? 0;
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
    throw new RangeError('a VarInt of more than five bytes');
  }

  string(): string {
    return this.bytes(this.varInt()).toString('utf8');
  }

  uint16(): number {
    return this.bytes(2).readUInt16BE();
  }

  int64(): bigint {
    return this.bytes(8).readBigInt64BE();
  }

  bytes(count: number): Buffer {
    const end = this.#at + count;
    if (count < 0 || end > this.#data.length) throw new RangeError(`${count} bytes are not there`);
    const bytes = this.#data.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** What was not read yet. */
  rest(): Buffer {
    return this.bytes(this.#data.length - this.#at);
  }
}

/** Puts a stream of bytes together to packets, wherever it was cut. */
export class PacketSplitter {
  #buffer = Buffer.alloc(0);

  /** Packets that are whole now. Throws RangeError for what cannot be one. */
  push(chunk: Buffer): readonly Packet[] {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    const packets: Packet[] = [];
    for (let next = this.#take(); next !== undefined; next = this.#take()) packets.push(next);
    return packets;
  }

  #take(): Packet | undefined {
    const length = this.#length();
    if (length === undefined) return undefined;
    const start = varInt(length).length;
    if (this.#buffer.length < start + length) return undefined;
    const body = new FieldReader(this.#buffer.subarray(start, start + length));
    this.#buffer = this.#buffer.subarray(start + length);
    return { id: body.varInt(), data: body.rest() };
  }

  /** Undefined while not even the length is there. */
  #length(): number | undefined {
    const lengthBytes = this.#buffer.subarray(0, 3);
    const last = lengthBytes.findIndex((byte) => (byte & 0x80) === 0);
    if (last < 0 && lengthBytes.length < 3) return undefined;
    const length = last < 0 ? Number.NaN : new FieldReader(lengthBytes).varInt();
    if (length >= 1 && length <= longestPacket) return length;
    throw new RangeError('not the length of a packet');
  }
}
