// SPDX-License-Identifier: MIT
// The keys by which the server knows its users (nkeys of NATS): it has the public half, and lets in who can sign what
// it just made up. So nothing that the server has, or that goes over a wire, lets anybody in.
import { createPrivateKey, sign } from 'node:crypto';
import { type NKeyAuth, nkeys } from '@nats-io/transport-node';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The secret half of a new key, 58 characters that begin with `SU`. */
export function newSeed(): string {
  return new TextDecoder().decode(nkeys.createUser().getSeed());
}

/**
 * The public half, 56 characters that begin with `U`.
 * @throws TypeError when it is not the seed of a user; the message does not tell what it is
 */
export function publicKeyOf(seed: string): string {
  const key = readPublicKey(seed);
  if (key === undefined)
    throw new TypeError('this is not the seed of a NATS user, `SU` and 56 more characters');
  return key;
}

function readPublicKey(seed: string): string | undefined {
  if (!/^SU[A-Z2-7]{56}$/.test(seed)) return undefined;
  try {
    return nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey();
  } catch {
    return undefined;
  }
}

/**
 * Answers the server's challenge. The client library's own takes 20 ms for it and more on a small box, during which
 * no packet would be answered, and again with each attempt to connect.
 * @throws TypeError when it is not the seed of a user
 */
export function authenticatorOf(seed: string): (nonce?: string) => NKeyAuth {
  const nkey = publicKeyOf(seed);
  const key = createPrivateKey({ key: Buffer.concat([pkcs8, secretOf(seed)]), format: 'der', type: 'pkcs8' });
  return (nonce = '') => ({ nkey, sig: sign(null, Buffer.from(nonce), key).toString('base64url') });
}

/** Two bytes say what it is, two are a sum of all; base 32 (RFC 4648) fills up with two bits. */
function secretOf(seed: string): Buffer {
  const value = [...seed].reduce((sum, letter) => sum * 32n + BigInt(alphabet.indexOf(letter)), 0n);
  return Buffer.from((value >> 2n).toString(16), 'hex').subarray(2, 34);
}
