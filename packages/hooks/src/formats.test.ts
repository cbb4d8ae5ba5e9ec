// SPDX-License-Identifier: MIT
import { type WebhookFormat, webhookFormats } from '@nftoggle/config';
import { describe, expect, it } from 'vitest';
import { bodyFor } from './formats.ts';
import { aDenial, aMessage, anEvent } from './hook.fixture.ts';

const url = 'https://hooks.example/home/topic';
const denial = aDenial({ count: 1 });
const title = 'minecraft: refused';
const message = '203.0.113.7 was refused minecraft: no rule allows it';

/** Where each format goes, and the whole of what it says. */
const golden: Readonly<
  Record<WebhookFormat, { readonly to: string; readonly type: RegExp; readonly content: unknown }>
> = {
  json: { to: url, type: /^application\/cloudevents\+json/, content: denial },
  text: { to: url, type: /^text\/plain; charset=utf-8$/, content: `${message}\n` },
  ntfy: {
    to: 'https://hooks.example/home/',
    type: /^application\/json/,
    content: { topic: 'topic', title, message, priority: 3, tags: ['no_entry'] },
  },
  gotify: {
    to: 'https://hooks.example/home/topic/message',
    type: /^application\/json/,
    content: { title, message, priority: 5 },
  },
  discord: {
    to: url,
    type: /^application\/json/,
    content: {
      content: `**minecraft: refused**\n${message}`,
      allowed_mentions: { parse: [] },
      flags: 4,
    },
  },
  slack: {
    to: url,
    type: /^application\/json/,
    content: { text: `${title}\n${message}`, mrkdwn: false, unfurl_links: false, unfurl_media: false },
  },
  home_assistant: {
    to: url,
    type: /^application\/json/,
    content: {
      event: 'access_denied',
      id: denial.id,
      time: '2026-11-23T17:05:00.000Z',
      origin: '/nftoggle/box/hooks',
      subject: 'minecraft',
      title,
      message,
      test: false,
      service: 'minecraft',
      source_address: '203.0.113.7',
      protocol: 'tcp',
      destination: '192.0.2.1',
      destination_port: 25_565,
      who_device: null,
      who_person: null,
      who_country: null,
      reason: 'no_rule',
      rule: null,
      next_allowed: null,
      enforced: true,
      count: 1,
      first: '2026-11-23T17:04:40.000Z',
      last: '2026-11-23T17:05:00.000Z',
    },
  },
};

const parsed = (format: WebhookFormat, content: string): unknown =>
  format === 'text' ? content : JSON.parse(content);

describe('the body of a webhook', () => {
  it.each(webhookFormats)('in the format %s is this', (format) => {
    const { to, type, content } = golden[format];
    const body = bodyFor(format, url, aMessage(denial));
    expect(body.url.href).toBe(to);
    expect(body.contentType).toMatch(type);
    expect(parsed(format, body.content)).toEqual(content);
  });

  it.each(webhookFormats)('in the format %s is marked when it is a test', (format) => {
    const { content } = bodyFor(format, url, aMessage(denial, true));
    expect(content).toMatch(/"test":true|test: /);
  });

  it('is posted to the root of ntfy with its topic, wherever that root is', () => {
    const goes = (text: string) => bodyFor('ntfy', text, aMessage());
    expect(goes('https://ntfy.example/home').url.href).toBe('https://ntfy.example/');
    expect(goes('https://ntfy.example/home/').content).toContain('"topic":"home"');
    expect(goes('http://ntfy.example:8080/home?auth=QmVh').url.href).toBe(
      'http://ntfy.example:8080/?auth=QmVh',
    );
    expect(() => goes('https://ntfy.example/')).toThrow(/names no topic of ntfy/);
    expect(() => goes('https://ntfy.example/a%20b')).toThrow(/names no topic of ntfy/);
  });

  it('finds the message path of Gotify by itself', () => {
    const goes = (text: string) => bodyFor('gotify', text, aMessage()).url.href;
    expect(goes('https://gotify.example')).toBe('https://gotify.example/message');
    expect(goes('https://gotify.example/message?token=A')).toBe('https://gotify.example/message?token=A');
    expect(goes('https://example.org/gotify/')).toBe('https://example.org/gotify/message');
  });
});

const why =
  '@everyone <!channel> <@U1> **bold** [link](https://evil.example) `code` $(id) "quoted"\n\0 & more';

describe('what somebody wrote', () => {
  const { grant } = anEvent('grant_issued').data;
  const bodyOf = (format: WebhookFormat): string =>
    bodyFor(format, url, aMessage(anEvent('grant_issued', { grant: { ...grant, why } }))).content;

  it('has no power over Discord', () => {
    const { content, allowed_mentions } = JSON.parse(bodyOf('discord'));
    expect(content).toContain(
      '\\@everyone \\<!channel\\> \\<\\@U1\\> \\*\\*bold\\*\\* \\[link\\]\\(https\\://evil.example\\) \\`code\\`',
    );
    expect(content).toContain('\\\\u{0}');
    expect(allowed_mentions).toEqual({ parse: [] });
  });

  it('has no power over Slack', () => {
    const { text, mrkdwn } = JSON.parse(bodyOf('slack'));
    expect(text).toContain('@everyone &lt;!channel&gt; &lt;@U1&gt; **bold**');
    expect(text).toContain(' \\u{0} &amp; more');
    expect(mrkdwn).toBe(false);
  });

  it.each(['ntfy', 'gotify', 'text', 'home_assistant'] as const)('arrives as plain text by %s', (format) => {
    const { message: text } = format === 'text' ? { message: bodyOf(format) } : JSON.parse(bodyOf(format));
    expect(text).toContain('**bold** [link](https://evil.example) `code` $(id) "quoted" \\u{0} & more');
  });

  it('arrives in JSON as it is', () => {
    expect(JSON.parse(bodyOf('json')).data.grant.why).toBe(why);
  });

  it('is shown to Discord as long as there is room, and what is cut is cut between characters', () => {
    const grantBy = (sign: string) =>
      anEvent('grant_issued', {
        grant: { ...grant, source: sign.repeat(200), why: sign.repeat(200) },
        by: sign.repeat(200),
      });
    const shown = (sign: string): string =>
      JSON.parse(bodyFor('discord', url, aMessage(grantBy(sign))).content).content;
    expect(shown('x')).toMatch(/x{200} opened minecraft for x{200} until 19:05: x{200}$/);
    expect(shown('\u{1f44d}')).toMatch(/: \p{Emoji}{200}$/u);
    for (const [message, end] of [
      ['*'.repeat(5_000), /^.*\n(\\\*)+…$/],
      ['\u{1f44d}'.repeat(1_500), /^.*\n\p{Emoji}+…$/u],
      [`x${'\u{1f44d}'.repeat(1_500)}`, /^.*\nx\p{Emoji}+…$/u],
    ] as const) {
      const long = { ...aMessage(), text: { ...aMessage().text, message } };
      const { content } = JSON.parse(bodyFor('discord', url, long).content);
      expect(content).toMatch(end);
      expect(content.length).toBeGreaterThan(1_990);
      expect(content.length).toBeLessThanOrEqual(2_000);
    }
  });

  it('never makes a message too long for Discord', () => {
    const long = anEvent('hook_failed', {
      problem: '*'.repeat(50_000),
      event: { id: '', type: '_'.repeat(9_000) },
    });
    const { content } = JSON.parse(bodyFor('discord', url, aMessage(long)).content);
    expect(content.length).toBeLessThanOrEqual(2_000);
  });
});
