// SPDX-License-Identifier: MIT
// Following the events as a client does: over a real socket, with readers that read, stall and go away.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { eventually } from '@nftoggle/testkit';
import fastify from 'fastify';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { anEvent, timezone } from './answers.fixture.ts';
import type { Backend } from './backend.ts';
import { EventClients } from './event-clients.ts';
import { EventFeed } from './event-feed.ts';
import { buildServer } from './server.ts';
import { listenOnSocket } from './unix-socket.ts';

let feed: EventFeed;
let socketPath: string;
let stop: () => Promise<void>;

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-stream-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

beforeEach(async () => {
  feed = new EventFeed();
  const backend: Backend = {
    feed,
    status: () => Promise.reject(new Error('not asked')),
    ask: async () => null,
    timezone: () => timezone,
    onAnswered: () => undefined,
    onFault: () => undefined,
  };
  const app = buildServer(backend);
  stop = () => app.close();
  socketPath = join(aDirectory(), 'daemon.sock');
  await listenOnSocket(app, socketPath);
  onTestFinished(stop);
});

interface Client {
  readonly asked: ClientRequest;
  readonly response: IncomingMessage;
  /** What it has got so far. */
  readonly text: () => string;
  readonly closed: Promise<unknown>;
}

async function follow(path = '', accept = 'application/x-ndjson'): Promise<Client> {
  const asked = request({ socketPath, path: `/v1/events/stream${path}`, headers: { accept } }).end();
  onTestFinished(() => void asked.destroy());
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  let text = '';
  const closed = new Promise((resolve) => response.once('close', () => resolve(response.complete)));
  response.on('error', () => undefined);
  response.on('data', (data) => {
    text += data;
  });
  return { asked, response, text: () => text, closed };
}

/** The numbers of the events that it got; `|` for a heartbeat. */
function numbers(text: string): string {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => (line === '' ? '|' : `${Number(JSON.parse(line).id.slice(-12))}`))
    .join(' ');
}

describe('the stream of events', () => {
  it('begins with the newest ones and a heartbeat, and goes on with each as it happens', async () => {
    feed.publish(anEvent(1));
    feed.publish(anEvent(2));
    const client = await follow();
    expect(client.response.statusCode).toBe(200);
    expect(client.response.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    feed.publish(anEvent(3));
    await eventually(() => expect(numbers(client.text())).toBe('1 2 | 3'));
    expect(JSON.parse(client.text().split('\n')[3] ?? '')).toEqual(anEvent(3));
  });

  it('begins with those since a moment where one is named', async () => {
    for (const n of [1, 2, 3]) feed.publish(anEvent(n));
    const client = await follow(`?from=${anEvent(2).time}`);
    await eventually(() => expect(numbers(client.text())).toBe('2 3 |'));
  });

  it('passes on what was asked for alone', async () => {
    const [refused, minecraft, both] = await Promise.all([
      follow('?type=access_denied'),
      follow('?service=minecraft'),
      follow('?type=session_started&type=wake_ready&service=ssh'),
    ]);
    feed.publish(anEvent(1));
    feed.publish(anEvent(2, 'minecraft'));
    await eventually(() => {
      expect(numbers(refused.text())).toBe('| 1 2');
      expect(numbers(minecraft.text())).toBe('| 2');
    });
    expect(numbers(both.text())).toBe('|');
  });

  it('speaks to browsers in server-sent events', async () => {
    const client = await follow('', 'text/event-stream');
    expect(client.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const event = anEvent(1);
    feed.publish(event);
    const expected = `id: ${event.id}\nevent: access_denied\ndata: ${JSON.stringify(event)}\n\n`;
    await eventually(() => expect(client.text()).toBe(`: all is well\n\n${expected}`));
  });

  it('ends in order when the api stops', async () => {
    const client = await follow();
    await stop();
    expect(await client.closed).toBe(true);
  });

  it('drops a client that does not read, while others get everything', async () => {
    const [slow, quick] = await Promise.all([follow(), follow()]);
    slow.response.pause();
    // More than the kernel takes for a socket and we keep for it.
    const long = { ...anEvent(1), source: 'x'.repeat(64 * 1024) };
    for (let n = 1; n <= 64; n += 1) {
      feed.publish({ ...long, id: anEvent(n).id });
      await eventually(() => expect(quick.text().length).toBeGreaterThan(n * 64 * 1024));
    }
    slow.response.resume();
    expect(await slow.closed).toBe(false);
    expect(numbers(quick.text()).split(' ')).toHaveLength(65);
  });

  it('has room for 64 clients, and again when one has gone', async () => {
    const clients = await Promise.all(Array.from({ length: 64 }, () => follow()));
    const refused = request({ socketPath, path: '/v1/events/stream' }).end();
    const [response] = (await once(refused, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(503);
    expect(await json(response)).toMatchObject({ error: 'too_many', message: expect.stringContaining('64') });
    clients[0]?.asked.destroy();
    await eventually(async () => {
      const { response } = await follow();
      expect(response.statusCode).toBe(200);
    });
  });

  it('tells a client that nothing happens, again and again', async () => {
    const clients = new EventClients(feed, 20);
    const app = fastify({ forceCloseConnections: true });
    app.get('/v1/events/stream', (_request, reply) => {
      reply.hijack();
      clients.add(reply.raw, { form: 'ndjson', since: null, passes: () => true });
    });
    socketPath = join(aDirectory(), 'other.sock');
    await listenOnSocket(app, socketPath);
    onTestFinished(() => app.close());
    const client = await follow();
    await eventually(() => expect(numbers(client.text())).toMatch(/^\| \| \|/));
  });
});

describe('the feed', () => {
  it('keeps no more than the newest 256 events, and less when they are long', () => {
    for (let n = 1; n <= 300; n += 1) feed.publish(anEvent(n));
    expect(feed.recent().map(({ event }) => event.id)).toEqual(
      Array.from({ length: 256 }, (_, index) => anEvent(index + 45).id),
    );
    for (let n = 301; n <= 310; n += 1) feed.publish({ ...anEvent(n), source: 'x'.repeat(60_000) });
    expect(feed.recent().map(({ event }) => event.id)).toEqual(
      [307, 308, 309, 310].map((n) => anEvent(n).id),
    );
  });
});
