// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import type { Hook, Webhook } from '@nftoggle/config';
import { type Attempt, failed } from './attempt.ts';
import { bodyFor, type Message } from './formats.ts';
import { type Answer, type HttpTools, post } from './http-post.ts';
import { visible } from './plain-text.ts';
import { retryAfterOf } from './retry.ts';
import { readSecret } from './secret-file.ts';
import { keyOf, signatureHeaders } from './signature.ts';

const manifest: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
const userAgent = `nftoggle/${manifest.version}`;

/** Posts an event to a webhook once. Never rejects. */
export async function deliverWebhook(
  { timeout }: Pick<Hook, 'timeout'>,
  webhook: Webhook,
  message: Message,
  signal: AbortSignal,
  tools: HttpTools,
): Promise<Attempt> {
  const { host } = new URL(webhook.url);
  try {
    const { url, contentType, content } = bodyFor(webhook.format, webhook.url, message);
    const headers = {
      'content-type': contentType,
      'user-agent': userAgent,
      ...Object.fromEntries([...webhook.headers].map(([name, value]) => [name.toLowerCase(), value])),
      ...(await tokenHeaders(webhook)),
      ...(await signature(webhook, message.event.id, content)),
    };
    const { allowLocal } = webhook;
    const answer = await post({ url, headers, content, timeout: timeout * 1_000, allowLocal, signal }, tools);
    return judged(host, answer);
  } catch (error) {
    return failed(visible(`${host}: ${(error as Error).message}`, 400));
  }
}

async function signature({ secretFile }: Webhook, id: string, content: string): Promise<object> {
  if (secretFile === null) return {};
  return signatureHeaders(keyOf(await readSecret('secret_file', secretFile)), id, Date.now(), content);
}

async function tokenHeaders({ tokenFile, format }: Webhook): Promise<object> {
  if (tokenFile === null) return {};
  const token = await readSecret('token_file', tokenFile);
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error(`token_file: ${tokenFile} holds more than a token`);
  return format === 'gotify' ? { 'x-gotify-key': token } : { authorization: `Bearer ${token}` };
}

/** Refusals that may be over the next time: request timeout, too early, too many requests. */
const passing = new Set([408, 425, 429]);

function judged(host: string, { status, retryAfter, location, text }: Answer): Attempt {
  const answered = `${host} answered ${status}`;
  const delivered = status >= 200 && status < 300;
  if (delivered) return { delivered, detail: answered, refused: false, retryAfter: null };
  const said = status >= 300 && status < 400 ? redirection(location) : visible(text.trim());
  return {
    delivered,
    detail: said === '' ? answered : `${answered}: ${said}`,
    refused: status >= 400 && status < 500 && !passing.has(status),
    retryAfter: retryAfter === null ? null : retryAfterOf(retryAfter, Date.now()),
  };
}

/** The host alone: the path of the new place may be as secret as that of the old one. */
function redirection(location: string | null): string {
  const place = location === null ? null : URL.parse(location);
  const to = place === null ? '' : ` to ${visible(place.host)}`;
  return `it redirects${to}, and redirects are not followed: write the address itself`;
}
