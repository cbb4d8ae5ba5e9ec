// SPDX-License-Identifier: MIT
// The password that some network cards want to see in a magic packet (SecureOn). It is a secret: whatever is
// said about it does not repeat it.
import { isIP } from 'node:net';
import { inspect } from 'node:util';
import { parseMacAddress } from './mac-address.ts';
import { accept, type Parsed, refuse } from './parsed.ts';

/** Six hex pairs as in a hardware address, or four numbers as in an IPv4 address: 6 or 4 bytes. */
export function parsePassword(text: string): Parsed<Uint8Array> {
  const pairs = parseMacAddress(text);
  if (pairs.ok) return accept(secretBytes(pairs.value.split(':').map((pair) => Number.parseInt(pair, 16))));
  if (isIP(text) === 4) return accept(secretBytes(text.split('.').map(Number)));
  return refuse(
    'The password (not shown here) has another form.',
    'Write six pairs of hex digits, such as "00:11:22:33:44:55", or four numbers, such as "192.0.2.1".',
  );
}

/** A message with what somebody may have meant as a password cut out, such as after `password:` without a space. */
export function withoutPasswords(message: string): string {
  return message.replace(/(password\s*[:=]\s*[\\"']*)[^\s\\"'\]},]+/gi, '$1…');
}

/** Bytes that a log or a JSON text of the configuration does not give away. */
function secretBytes(numbers: readonly number[]): Uint8Array {
  const hidden = { value: () => '(secret)', enumerable: false };
  return Object.defineProperties(Uint8Array.from(numbers), { toJSON: hidden, [inspect.custom]: hidden });
}
