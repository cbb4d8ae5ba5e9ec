// SPDX-License-Identifier: MIT
// The parts of a webhook. URLs of chat services and headers hold secrets, so nothing here repeats either.
import { looksLikeHost } from './local-host.ts';
import { accept, type Parsed, refuse } from './parsed.ts';

export const rightUrl = 'Write it like https://ntfy.example/home';

/** http or https, in the form of WHATWG URL. */
export function parseWebhookUrl(text: string): Parsed<string> {
  // The URL parser takes line breaks and spaces out without a word.
  if (/[\s\p{Cc}]/u.test(text))
    return refuse('There is a space in the URL.', 'Remove it, or write it as %20.');
  const url = URL.parse(text);
  if (url === null || !/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    return refuse('This is not a URL.', remedyFor(text));
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return refuse(`Webhooks do not speak ${JSON.stringify(url.protocol.slice(0, -1))}.`, rightUrl);
  }
  if (url.username !== '' || url.password !== '') {
    const remedy = 'Remove it, and write a token into a file: token_file: /etc/nftoggle/token';
    return refuse('There is a user or password in the URL.', remedy);
  }
  if (url.port === '0') return refuse('There is no port 0.', 'Write a port from 1 to 65535, or none.');
  if (!isBracketed(url.hostname) && !looksLikeHost(url.hostname)) {
    return refuse(`${JSON.stringify(url.hostname)} is not the name of a host.`, rightUrl);
  }
  return accept(url.href);
}

function isBracketed(host: string): boolean {
  return host.startsWith('[');
}

function remedyFor(text: string): string {
  return text.includes('://') ? rightUrl : 'Begin it with https:// or http://';
}

/**
 * The topic that a URL of ntfy names, and the URL of the server that has it; null when it names none
 * (https://docs.ntfy.sh/publish/).
 */
export function parseNtfyTopic(url: URL): { readonly server: URL; readonly topic: string } | null {
  const [, path = '/', topic = ''] = /^(.*\/)([^/]+)\/?$/.exec(url.pathname) ?? [];
  if (!/^[-_A-Za-z0-9]{1,64}$/.test(topic)) return null;
  const server = new URL(url);
  server.pathname = path;
  return { server, topic };
}

/** Of RFC 9110, section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;

/** Headers that belong to the connection (RFC 9110, sections 7 and 8), which a hook has no say in. */
const ofConnection = new Set([
  'host',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
]);

/** The name as it was written. */
export function parseHeaderName(text: string): Parsed<string> {
  const name = text.toLowerCase();
  const shown = JSON.stringify(text);
  if (!token.test(text)) {
    return refuse(
      `${shown} cannot be the name of a header.`,
      'Use letters, digits and "-", such as X-Priority.',
    );
  }
  if (ofConnection.has(name)) return refuse(`The header ${shown} is not for a hook to set.`, 'Remove it.');
  if (name.startsWith('webhook-')) {
    return refuse(`The header ${shown} is part of the signature.`, 'Remove it: "secret_file" signs.');
  }
  return accept(text);
}

/** Of RFC 9110, section 5.5, without the bytes beyond ASCII that it calls obsolete. */
export function parseHeaderValue(text: string): Parsed<string> {
  if (text !== text.trim()) return refuse('There is a space at an end of the value.', 'Remove it.');
  if (/^[\t\x20-\x7e]*$/.test(text)) return accept(text);
  return refuse('The value has a character that headers cannot carry.', 'Use ASCII characters in one line.');
}
