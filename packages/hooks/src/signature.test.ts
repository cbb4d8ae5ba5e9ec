// SPDX-License-Identifier: MIT
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { keyOf, signatureHeaders } from './signature.ts';

const content = '{"why":"Zoë’s 👍\\n"}';
const now = Date.now();

describe('a signature', () => {
  it('is right to those who check by the standard, with a key in base64', () => {
    const secret = `whsec_${Buffer.from('a key of some bytes \0\xff', 'latin1').toString('base64')}`;
    const headers = signatureHeaders(keyOf(secret), 'msg_1', now, content);
    expect(new Webhook(secret).verify(content, headers)).toEqual(JSON.parse(content));
    expect(() => new Webhook(secret).verify(`${content} `, headers)).toThrow();
    expect(() => new Webhook(secret).verify(content, { ...headers, 'webhook-id': 'msg_2' })).toThrow();
    expect(() => new Webhook('whsec_YW5vdGhlcg==').verify(content, headers)).toThrow();
  });

  it('is right with a key that is plain text', () => {
    const secret = 'correct horse battery staple';
    const headers = signatureHeaders(keyOf(secret), 'msg_1', now, content);
    const checker = new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
    expect(checker.verify(content, headers)).toEqual(JSON.parse(content));
  });

  it('is the one of the test vector that others are held to', () => {
    // https://github.com/standard-webhooks/standard-webhooks, libraries: the same in each of them.
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const headers = signatureHeaders(
      keyOf(secret),
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1_614_265_330_000,
      '{"test": 2432232314}',
    );
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
    expect(headers['webhook-timestamp']).toBe('1614265330');
  });

  it('is not made with what is no base64', () => {
    expect(() => keyOf('whsec_n o')).toThrow('secret_file: what follows "whsec_" is not base64');
    // Cut short when it was copied: the first one would be a key of no bytes at all.
    for (const text of ['', 'A', 'MfKQ9', 'MfKQ===', 'Mf=KQ']) {
      expect(() => keyOf(`whsec_${text}`)).toThrow(/not base64/);
    }
    expect(keyOf('whsec_MfKQ9r8')).toEqual(keyOf('whsec_MfKQ9r8='));
  });
});
