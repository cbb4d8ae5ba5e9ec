// SPDX-License-Identifier: MIT
// What webhooks in the formats of other programs have to be, whatever an event says.
import type { CloudEvent } from '@nftoggle/contracts';
import { expect } from 'vitest';
import { type Format, secret, token } from './hook-scene.ts';
import { isSigned, type Posted } from './webhook-receiver.ts';

/** How a message looks, beside what it says. */
export interface Look {
  readonly tag: string;
  /** Of ntfy and of Gotify. */
  readonly priorities: readonly [number, number];
}

export interface Text extends Look {
  readonly title: string;
  readonly message: string;
}

/** Characters that do something instead of being seen. */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The one line that it is, without the end of the line. */
export function lineOf({ body }: Posted): string {
  expect(body.endsWith('\n')).toBe(true);
  const line = body.slice(0, -1);
  expect(line).not.toMatch(unseen);
  return line;
}

/** Each request has these headers, and no other that a text brought with it. */
export function expectHeaders(format: Format, posted: Posted): void {
  const { headers } = posted;
  const own = ['webhook-id', 'webhook-signature', 'webhook-timestamp', 'x-house'];
  const usual = ['connection', 'content-length', 'content-type', 'host', 'user-agent'];
  const proof = format === 'gotify' ? 'x-gotify-key' : 'authorization';
  expect(Object.keys(headers).toSorted()).toEqual([proof, ...usual, ...own].toSorted());
  expect(headers[proof]).toBe(format === 'gotify' ? token : `Bearer ${token}`);
  expect(headers['x-house']).toBe('box');
  expect(isSigned(posted, secret), format).toBe(true);
}

export function expectBody(format: Format, posted: Posted, event: CloudEvent, text: Text): void {
  if (format === 'text') expect(lineOf(posted)).toBe(text.message);
  else bodies[format](JSON.parse(posted.body) as Json, event, text, posted.path);
}

type Json = Readonly<Record<string, unknown>>;
type Check = (body: Json, event: CloudEvent, text: Text, path: string) => void;

const bodies: Readonly<Record<Exclude<Format, 'text'>, Check>> = {
  json: (body, event, _text, path) => {
    expect(body).toEqual(event);
    expect(path).toBe('/json/events');
  },
  ntfy: (body, _event, { title, message, tag, priorities: [priority] }, path) => {
    expect(body).toEqual({ topic: 'home', title, message, priority, tags: [tag] });
    expect(path).toBe('/ntfy/');
  },
  gotify: (body, _event, { title, message, priorities: [, priority] }, path) => {
    expect(body).toEqual({ title, message, priority });
    expect(path).toBe('/gotify/message');
  },
  discord: ({ content, ...rest }, _event, { title, message }) => {
    const written = String(content);
    expect(written.replace(/\\([!-/:-@[-`{-~])/g, '$1')).toBe(`**${title}**\n${message}`);
    const [, first = '', second = ''] = /^\*\*(.*)\*\*\n(.*)$/.exec(written) ?? [];
    expect(`${first}${second}`.replace(/\\./g, '')).not.toMatch(/[\\*_~`|<>@[\]#]|:\/\//);
    // Nobody is called, and no link is looked up.
    expect(rest).toEqual({ allowed_mentions: { parse: [] }, flags: 4 });
  },
  slack: ({ text: written, ...rest }, _event, { title, message }) => {
    expect(String(written)).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/);
    const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };
    const read = String(written).replace(/&(amp|lt|gt);/g, (entity) => entities[entity] ?? '');
    expect(read).toBe(`${title}\n${message}`);
    expect(rest).toEqual({ mrkdwn: false, unfurl_links: false, unfurl_media: false });
  },
  home_assistant: (body, { type, id, time, source, subject }, { title, message }) => {
    const facts = { event: type, id, time, origin: source, subject: subject ?? null };
    expect(body).toMatchObject({ ...facts, title, message, test: false });
    for (const value of Object.values(body)) expect(typeof value === 'object' && value !== null).toBe(false);
  },
};
