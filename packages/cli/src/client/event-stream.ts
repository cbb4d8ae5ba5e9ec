// SPDX-License-Identifier: MIT
import type { Readable } from 'node:stream';
import { refused } from './ask-daemon.ts';
import { openAnswer } from './daemon-socket.ts';
import { type EventFilter, filterQuery } from './event-filter.ts';
import { type EventRecord, readRecord } from './event-record.ts';

/** In milliseconds: two heartbeats of the api, and a bit. */
const silence = 40_000;

/**
 * Every event from the moment on at which this resolves, and the newest before it; `quiet` is said first when those
 * are told, and then whenever nothing has happened for a while.
 */
export type EventStream = AsyncIterable<EventRecord | 'quiet'>;

/**
 * `from`: how old the newest ones may be.
 * @throws NotReachableError, and CommandError when the api refuses it; the stream throws when it breaks off
 */
export async function openEventStream(
  socket: string,
  filter: EventFilter & { readonly from?: string | undefined },
  signal: AbortSignal,
): Promise<EventStream> {
  const query = filterQuery(filter);
  if (filter.from !== undefined) query.set('from', filter.from);
  const path = `/v1/events/stream${query.size === 0 ? '' : `?${query}`}`;
  const opened = await openAnswer(socket, { path, signal, silence });
  if ('status' in opened) throw refused(opened);
  return readLines(opened);
}

async function* readLines(response: Readable): EventStream {
  let rest = '';
  for await (const piece of response) {
    const lines = `${rest}${piece}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') yield 'quiet';
      else yield* readLine(line);
    }
  }
}

/** What is no event is of a version that we do not know, and not for us. */
function readLine(line: string): readonly EventRecord[] {
  try {
    const record = readRecord(JSON.parse(line));
    return record === undefined ? [] : [record];
  } catch {
    return [];
  }
}
