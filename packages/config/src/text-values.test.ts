// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, longestDuration, parseDuration } from './duration.ts';
import { parseInterfaceName } from './interface-name.ts';
import { parseMacAddress } from './mac-address.ts';
import { formatMarkMask, parseMarkMask } from './mark-mask.ts';
import type { Parsed } from './parsed.ts';
import { formatPortRange, parsePortRange, portsOverlap } from './port-range.ts';
import { editDistance, suggest } from './suggest.ts';
import { parseTimezone } from './timezone.ts';
import type { PortRange } from './types.ts';

const portRange = fc
  .tuple(fc.constantFrom('tcp' as const, 'udp' as const), fc.integer({ min: 1, max: 65_535 }), fc.nat(65_534))
  .map(([protocol, from, more]): PortRange => ({ protocol, from, to: Math.min(65_535, from + more) }));

function parsedValue<T>(parsed: Parsed<T>): T | string {
  return parsed.ok ? parsed.value : parsed.message;
}

function remedyOf(parsed: Parsed<unknown>): string | null {
  return parsed.ok ? null : parsed.remedy;
}

describe('durations', () => {
  it('read back what they write', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: longestDuration }), (seconds) => {
        expect(parsedValue(parseDuration(formatDuration(seconds)))).toBe(seconds);
      }),
    );
  });

  it.each([
    ['1s', 1],
    ['90s', 90],
    ['1h30m', 5_400],
    ['2d', 172_800],
    ['365d', longestDuration],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parsedValue(parseDuration(text))).toBe(seconds);
  });

  it.each(['', '0s', '0d', '366d', '1.5h', '1 h', '30m1h', '-1s', '1w', '99999999999999999999d'])(
    'refuse %j',
    (text) => {
      expect(parseDuration(text).ok).toBe(false);
    },
  );
});

describe('ports', () => {
  it('read back what they write', () => {
    fc.assert(
      fc.property(portRange, (range) => {
        expect(parsedValue(parsePortRange(formatPortRange(range)))).toEqual(range);
      }),
    );
  });

  it('overlap where a port is in both', () => {
    const small = portRange.map((range) => ({
      ...range,
      from: range.from % 20,
      to: (range.from % 20) + (range.to % 5),
    }));
    const list = ({ from, to }: PortRange) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
    fc.assert(
      fc.property(small, small, (a, b) => {
        const naive = a.protocol === b.protocol && list(a).some((port) => list(b).includes(port));
        expect(portsOverlap(a, b)).toBe(naive);
      }),
    );
  });

  it.each([
    ['22', 'Write "22/tcp", or "22/udp".'],
    ['tcp/22', 'Write "22/tcp".'],
    ['22/TCP', 'Write "22/tcp".'],
    ['22 / tcp', 'Write "22/tcp".'],
    ['5000:5010/udp', 'Write "5000-5010/udp".'],
    ['9-8/tcp', 'Write 8-9/tcp.'],
    ['0/tcp', 'Ports go from 1 to 65535.'],
    ['1-65536/tcp', 'Ports go from 1 to 65535.'],
    ['22/sctp', 'Write the port and its protocol, such as 22/tcp or 3478-3480/udp.'],
  ])('refuse %s and say what would be right', (text, remedy) => {
    expect(remedyOf(parsePortRange(text))).toBe(remedy);
  });
});

describe('hardware addresses', () => {
  it.each(['00:11:32:AA:bb:0C', '00-11-32-aa-BB-0c'])('take %s', (text) => {
    expect(parsedValue(parseMacAddress(text))).toBe('00:11:32:aa:bb:0c');
  });

  it.each([
    '',
    '00:11:32:aa:bb',
    '00:11:32:aa:bb-cc',
    '001132aabbcc',
    '00:11:32:aa:bb:cg',
    '00:11:32:aa:bb:cc:dd',
  ])('refuse %j', (text) => {
    expect(parseMacAddress(text).ok).toBe(false);
  });
});

describe('mark masks', () => {
  it('take exactly the runs of at least 8 bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), fc.nat(31), (length, shift) => {
        fc.pre(length + shift <= 32);
        const mask = (2 ** length - 1) * 2 ** shift;
        expect(parseMarkMask(mask).ok).toBe(length >= 8);
        expect(parseMarkMask(formatMarkMask(mask)).ok).toBe(length >= 8);
      }),
    );
  });

  it.each([0, -1, 0x1_0000_0000, 0.5, 0xff0f, '0xff0f', 'ff00', '', '0x1ffffffff'])('refuse %j', (value) => {
    expect(parseMarkMask(value).ok).toBe(false);
  });
});

describe('names of interfaces and time zones', () => {
  it.each(['eth0', 'br-lan', 'eth0.100', 'veth1@if2', 'abcdefghijklmno'])('take the interface %s', (name) => {
    expect(parseInterfaceName(name).ok).toBe(true);
  });

  it.each(['', '.', '..', 'a b', 'eth0/1', 'eth"0', 'wg*', 'abcdefghijklmnop'])(
    'refuse the interface %j',
    (name) => {
      expect(parseInterfaceName(name).ok).toBe(false);
    },
  );

  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'])('take the time zone %s', (name) => {
    expect(parseTimezone(name).ok).toBe(true);
  });

  it.each(['', '+01:00', 'Mars/Olympus', 'Europe'])('refuse the time zone %j', (name) => {
    expect(parseTimezone(name).ok).toBe(false);
  });
});

describe('suggestions', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['vnp', 'vpn', 1],
    ['kitten', 'sitting', 3],
    ['abc', '', 3],
  ])('%s and %s are %d slips apart', (a, b, distance) => {
    expect([editDistance(a, b), editDistance(b, a)]).toEqual([distance, distance]);
  });

  it('name the nearest, and nothing that is too far away', () => {
    expect(suggest('prots', ['to', 'ports', 'posts'])).toBe('ports');
    expect(suggest('windows', ['from', 'ports'])).toBeNull();
  });
});
