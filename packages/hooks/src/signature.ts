// SPDX-License-Identifier: MIT
// Signatures of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, spec 1.0.0).
import { createHmac } from 'node:crypto';

const prefix = 'whsec_';

/**
 * The bytes of a key: base64 after `whsec_`, else the text itself.
 * @throws Error when what follows `whsec_` is not base64
 */
export function keyOf(secret: string): Uint8Array {
  if (!secret.startsWith(prefix)) return Buffer.from(secret, 'utf8');
  const text = secret.slice(prefix.length);
  const bytes = Buffer.from(text, 'base64');
  // Node leaves out what it does not understand, down to a key of nothing.
  if (text === '' || withoutPadding(bytes.toString('base64')) !== withoutPadding(text)) {
    throw new Error('secret_file: what follows "whsec_" is not base64');
  }
  return bytes;
}

function withoutPadding(base64: string): string {
  return base64.replace(/={0,2}$/, '');
}

/** @param now in milliseconds since the epoch: receivers refuse what is minutes away from their own time */
export function signatureHeaders(
  key: Uint8Array,
  id: string,
  now: number,
  content: string,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1_000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${content}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}
