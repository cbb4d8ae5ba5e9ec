// SPDX-License-Identifier: MIT
// The body that each kind of receiver wants. Pure.
import { parseNtfyTopic, type WebhookFormat } from '@nftoggle/config';
import type { CloudEvent } from '@nftoggle/contracts';
import type { EventText, Priority } from './event-text.ts';
import { flattened } from './flatten.ts';

export interface Message {
  readonly event: CloudEvent;
  readonly text: EventText;
  /** An example, marked as one. */
  readonly test: boolean;
}

export interface Body {
  readonly url: URL;
  readonly contentType: string;
  readonly content: string;
}

/** @throws RangeError, with what is wrong, when the URL cannot be one of that format */
export function bodyFor(format: WebhookFormat, url: string, message: Message): Body {
  return formats[format](new URL(url), message);
}

type Format = (url: URL, message: Message) => Body;

const formats: Readonly<Record<WebhookFormat, Format>> = {
  json: (url, { event, test }) => ({
    url,
    contentType: 'application/cloudevents+json; charset=utf-8',
    content: JSON.stringify(test ? { ...event, test } : event),
  }),
  text: (url, { text }) => ({ url, contentType: 'text/plain; charset=utf-8', content: `${text.message}\n` }),
  ntfy: (url, { text }) => {
    const { server, topic } = topicOf(url);
    const priority = ntfyPriorities[text.priority];
    return jsonBody(server, { topic, title: text.title, message: text.message, priority, tags: [text.tag] });
  },
  gotify: (url, { text }) => {
    const { title, message } = text;
    return jsonBody(messagePath(url), { title, message, priority: gotifyPriorities[text.priority] });
  },
  discord: (url, { text }) =>
    jsonBody(url, {
      content: discordMessage(text),
      // Whatever a name or a reason looks like, nobody is called by it.
      allowed_mentions: { parse: [] },
      flags: suppressEmbeds,
    }),
  slack: (url, { text }) =>
    jsonBody(url, {
      text: `${slackText(text.title)}\n${slackText(text.message)}`,
      mrkdwn: false,
      unfurl_links: false,
      unfurl_media: false,
    }),
  home_assistant: (url, { event, text, test }) =>
    jsonBody(url, {
      ...Object.fromEntries(flattened(event)),
      event: event.type,
      id: event.id,
      time: event.time,
      origin: event.source,
      subject: event.subject ?? null,
      title: text.title,
      message: text.message,
      test,
    }),
};

/** https://docs.ntfy.sh/publish/#message-priority: 1 to 5, and 3 is the default. */
const ntfyPriorities: Readonly<Record<Priority, number>> = { low: 2, normal: 3, high: 4 };
/** Gotify's clients stay silent below 1, and make a sound from 4, and more of it from 8. */
const gotifyPriorities: Readonly<Record<Priority, number>> = { low: 2, normal: 5, high: 8 };
/** In UTF-16 units, which are never fewer than what Discord counts. */
const longestDiscord = 2_000;
/** Of the message flags of Discord: a link in a reason is not looked up and shown. */
const suppressEmbeds = 4;

function jsonBody(url: URL, content: object): Body {
  return { url, contentType: 'application/json; charset=utf-8', content: JSON.stringify(content) };
}

/** ntfy takes JSON at its root alone, with the topic in it (https://docs.ntfy.sh/publish/#publish-as-json). */
function topicOf(url: URL): { readonly server: URL; readonly topic: string } {
  const topic = parseNtfyTopic(url);
  if (topic !== null) return topic;
  throw new RangeError('the URL names no topic of ntfy: write it like https://ntfy.example/topic');
}

/** https://gotify.net/docs/pushmsg: with the path or without it. */
function messagePath(url: URL): URL {
  const path = url.pathname.replace(/\/+$/, '');
  const to = new URL(url);
  to.pathname = path.endsWith('/message') ? path : `${path}/message`;
  return to;
}

function discordMessage({ title, message }: EventText): string {
  const head = `**${discordText(title, longestDiscord / 2)}**\n`;
  return head + discordText(message, longestDiscord - head.length);
}

/** Markdown of Discord: any ASCII punctuation loses its meaning behind a backslash, which stays with it. */
function discordText(text: string, longest: number): string {
  const escaped = text.replace(/[\\*_~`|>#<@[\]()-]|:(?=\/\/)/g, '\\$&');
  if (escaped.length <= longest) return escaped;
  let shown = '';
  for (const [character] of escaped.matchAll(/\\?./gsu)) {
    if (shown.length + character.length >= longest) break;
    shown += character;
  }
  return `${shown}…`;
}

/** https://docs.slack.dev/messaging/formatting-message-text: three characters have to be written as entities. */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
