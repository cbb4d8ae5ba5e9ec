// SPDX-License-Identifier: MIT
import type { ServerResponse } from 'node:http';
import type { CloudEvent } from '@nftoggle/contracts';
import type { EventFeed, FeedItem } from './event-feed.ts';

/**
 * `ndjson`: an event a line, and an empty line as a heartbeat. `sse`: server-sent events, for browsers
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html), and a comment as a heartbeat.
 */
export type StreamForm = 'ndjson' | 'sse';

export interface StreamWishes {
  readonly form: StreamForm;
  /** ISO 8601 in UTC: of the newest events at the beginning, those since then; null for all that are kept. */
  readonly since: string | null;
  readonly passes: (event: CloudEvent) => boolean;
}

interface Words {
  readonly contentType: string;
  readonly heartbeat: string;
  readonly event: (item: FeedItem) => string;
}

const words: Readonly<Record<StreamForm, Words>> = {
  ndjson: {
    contentType: 'application/x-ndjson; charset=utf-8',
    heartbeat: '\n',
    event: ({ json }) => `${json}\n`,
  },
  sse: {
    contentType: 'text/event-stream; charset=utf-8',
    heartbeat: ': all is well\n\n',
    event: ({ event, json }) => `id: ${event.id}\nevent: ${event.type}\ndata: ${json}\n\n`,
  },
};

const mostClients = 64;
/** In milliseconds: often enough for whatever stands between to know that the connection lives. */
const defaultHeartbeat = 15_000;
/** Bytes that may wait for one client beside what the kernel takes for it. Who falls back further is dropped. */
const mostWaiting = 1024 * 1024;

/**
 * Those who follow the events. Each first gets the newest ones, then a heartbeat, then everything as it happens. A
 * client that does not read is cut off, and never waited for.
 */
export class EventClients {
  static readonly most = mostClients;
  readonly #feed: EventFeed;
  readonly #heartbeatEvery: number;
  readonly #open = new Set<ServerResponse>();

  constructor(feed: EventFeed, heartbeatEvery = defaultHeartbeat) {
    this.#feed = feed;
    this.#heartbeatEvery = heartbeatEvery;
  }

  hasRoom(): boolean {
    return this.#open.size < mostClients;
  }

  add(response: ServerResponse, { form, since, passes }: StreamWishes): void {
    const { contentType, heartbeat, event } = words[form];
    const tell = (item: FeedItem): void => {
      if (passes(item.event)) send(response, event(item));
    };
    // Proxies must not wait for more before they pass it on.
    response.writeHead(200, {
      'content-type': contentType,
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const deafen = this.#feed.listen(tell);
    const beat = setInterval(() => send(response, heartbeat), this.#heartbeatEvery);
    this.#open.add(response);
    response.on('error', () => undefined);
    response.once('close', () => {
      deafen();
      clearInterval(beat);
      this.#open.delete(response);
    });
    const first = since === null ? 0 : Date.parse(since);
    for (const item of this.#feed.recent()) if (Date.parse(item.event.time) >= first) tell(item);
    send(response, heartbeat);
  }

  /** Ends all streams in order, so that clients know it from a broken connection. */
  close(): void {
    for (const response of this.#open) response.end();
  }
}

function send(response: ServerResponse, text: string): void {
  if (response.destroyed || response.writableEnded) return;
  response.write(text);
  if (response.writableLength > mostWaiting) response.destroy();
}
