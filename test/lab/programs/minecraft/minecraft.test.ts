// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePacket, FieldReader, PacketSplitter, string, varInt } from './frames.ts';
import {
  decodeDisconnect,
  decodeHandshake,
  decodeLoginStart,
  decodeLoginSuccess,
  encodeDisconnect,
  encodeHandshake,
  encodeLoginStart,
  encodeLoginSuccess,
  intents,
  offlineProfile,
  protocol,
} from './packets.ts';

/** The one packet in these bytes. */
function only(bytes: Buffer) {
  const [packet, ...more] = new PacketSplitter().push(bytes);
  if (packet === undefined || more.length > 0) throw new Error('not one packet');
  return packet;
}

describe('a VarInt', () => {
  it.each([
    [0, '00'],
    [1, '01'],
    [127, '7f'],
    [128, '8001'],
    [255, 'ff01'],
    [25_565, 'ddc701'],
    [2_097_151, 'ffff7f'],
    [2_147_483_647, 'ffffffff07'],
    [-1, 'ffffffff0f'],
    [-2_147_483_648, '8080808008'],
  ])('of %i is %s, as the protocol has it', (value, hex) => {
    expect(varInt(value).toString('hex')).toBe(hex);
    expect(new FieldReader(Buffer.from(hex, 'hex')).varInt()).toBe(value);
  });

  it('of more than five bytes is refused', () => {
    expect(() => new FieldReader(Buffer.alloc(6, 0x80)).varInt()).toThrow(RangeError);
  });

  it('that breaks off is refused', () => {
    expect(() => new FieldReader(Buffer.of(0x80)).varInt()).toThrow(RangeError);
  });
});

describe('packets', () => {
  it('are found in a stream wherever it is cut', () => {
    const packets = fc.array(fc.tuple(fc.nat(0x7f), fc.uint8Array({ maxLength: 300 })), { maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(packets, cuts, (sent, sizes) => {
        const stream = Buffer.concat(sent.map(([id, data]) => encodePacket(id, data)));
        const splitter = new PacketSplitter();
        const found = [];
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          found.push(...splitter.push(stream.subarray(at, at + size)));
          at += size;
        }
        expect(found).toEqual(sent.map(([id, data]) => ({ id, data: Buffer.from(data) })));
      }),
    );
  });

  it.each([
    ['of no length', '00'],
    ['that is too long', 'ffff7f'],
    ['whose length never ends', 'ffffff'],
  ])('%s are refused', (_, hex) => {
    expect(() => new PacketSplitter().push(Buffer.from(hex, 'hex'))).toThrow(RangeError);
  });

  it('wait for the rest of their length', () => {
    const splitter = new PacketSplitter();
    expect(splitter.push(Buffer.of(0x81))).toEqual([]);
    expect(splitter.push(Buffer.of(0x01))).toEqual([]);
    expect(splitter.push(Buffer.alloc(129, 7))).toEqual([{ id: 7, data: Buffer.alloc(128, 7) }]);
  });
});

describe('the packets of a visit', () => {
  it('a handshake is, byte by byte, what the game sends', () => {
    const handshake = { protocol, address: 'localhost', port: 25_565, intent: intents.status };
    const bytes = encodeHandshake(handshake);
    expect(bytes.toString('hex')).toBe(`1000ff0509${Buffer.from('localhost').toString('hex')}63dd01`);
    expect(decodeHandshake(only(bytes).data)).toEqual(handshake);
  });

  it('a player without an account is known by the UUID of the name', () => {
    // As servers with online-mode=false write it into usercache.json.
    expect(offlineProfile('Notch').uuid).toBe('b50ad385-829d-3141-a216-7e7d7539ba7f');
  });

  it('a login is answered by who one is, or by a text', () => {
    const tom = offlineProfile('Tom');
    expect(decodeLoginStart(only(encodeLoginStart(tom)).data)).toEqual(tom);
    expect(decodeLoginSuccess(only(encodeLoginSuccess(tom)).data)).toEqual(tom);
    expect(decodeDisconnect(only(encodeDisconnect('Not on the list: ä')).data)).toBe('Not on the list: ä');
  });

  it('text is counted in bytes', () => {
    expect(string('ä').toString('hex')).toBe('02c3a4');
  });
});
