// SPDX-License-Identifier: MIT
import { nkeys } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { authenticatorOf, newSeed, publicKeyOf } from './key.ts';

describe('a key', () => {
  it('is another one each time, and its seed tells its public half', () => {
    const [one, other] = [newSeed(), newSeed()];
    expect(one).toMatch(/^SU[A-Z2-7]{56}$/);
    expect(publicKeyOf(one)).toMatch(/^U[A-Z2-7]{55}$/);
    expect(publicKeyOf(one)).toBe(publicKeyOf(one));
    expect(publicKeyOf(one)).not.toBe(publicKeyOf(other));
  });

  it('signs what the server asks as the nkeys of NATS do', () => {
    for (let count = 0; count < 5; count += 1) {
      const seed = newSeed();
      const auth = authenticatorOf(seed)('a challenge');
      const { nkey = '', sig = '' } = auth as { nkey?: string; sig?: string };
      const signature = new Uint8Array(Buffer.from(sig, 'base64url'));
      const key = nkeys.fromPublic(nkey);
      expect(key.verify(Buffer.from('a challenge'), signature)).toBe(true);
      expect(key.verify(Buffer.from('another'), signature)).toBe(false);
      expect(nkey).toBe(publicKeyOf(seed));
    }
  });

  it('is not taken from anything else, which is not repeated', () => {
    const seed = newSeed();
    const account = new TextDecoder().decode(nkeys.createAccount().getSeed());
    const turned = `${seed.slice(0, -8)}${[...seed.slice(-8)].reverse().join('')}`;
    for (const text of [
      '',
      'guess',
      account,
      publicKeyOf(seed),
      seed.slice(1),
      `${seed}A`,
      seed.toLowerCase(),
      turned,
    ]) {
      for (const use of [publicKeyOf, authenticatorOf]) {
        expect(() => use(text), text).toThrow(
          new TypeError('this is not the seed of a NATS user, `SU` and 56 more characters'),
        );
      }
    }
    expect(() => publicKeyOf(seed)).not.toThrow();
  });
});
