// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { isGroupMac, isLocalMac, magicPacket } from './magic-packet.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('magicPacket', () => {
  it('is six bytes ff and sixteen times the address', () => {
    const packet = magicPacket('00:11:32:AA:bb:cc', null);
    expect(packet.length).toBe(102);
    expect(hex(packet)).toBe(`ffffffffffff${'001132aabbcc'.repeat(16)}`);
  });

  it.each([4, 6])('ends with a SecureOn password of %i bytes', (length) => {
    const packet = magicPacket(
      '00:11:32:aa:bb:cc',
      Uint8Array.from({ length }, (_, i) => i + 1),
    );
    expect(packet.length).toBe(102 + length);
    expect(hex(packet)).toBe(
      `ffffffffffff${'001132aabbcc'.repeat(16)}${'010203040506'.slice(0, 2 * length)}`,
    );
  });

  it.each(['', '00:11:32:aa:bb', '00-11-32-aa-bb-cc', '00:11:32:aa:bb:cg'])(
    'refuses the address "%s"',
    (mac) => {
      expect(() => magicPacket(mac, null)).toThrow(TypeError);
    },
  );

  it.each([1, 5, 7])('refuses a password of %i bytes', (length) => {
    expect(() => magicPacket('00:11:32:aa:bb:cc', new Uint8Array(length))).toThrow(TypeError);
  });
});

describe('MAC addresses', () => {
  it('of groups and made up ones are told by their first byte', () => {
    expect(['01:00:5e:00:00:01', '00:11:32:aa:bb:cc'].map(isGroupMac)).toEqual([true, false]);
    expect(['52:54:00:12:34:56', '00:11:32:aa:bb:cc'].map(isLocalMac)).toEqual([true, false]);
  });
});
