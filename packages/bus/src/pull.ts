// SPDX-License-Identifier: MIT
import { randomUUID } from 'node:crypto';
import { type Msg, nanos } from '@nats-io/transport-node';
import type { Online } from './presence.ts';

export interface PullOptions {
  /** `$JS.API.CONSUMER.MSG.NEXT.STREAM.CONSUMER`. */
  readonly subject: string;
  readonly inboxPrefix: string;
  readonly signal: AbortSignal;
}

/** How long the server waits for a message that is not there yet, in milliseconds. */
const expiry = 30_000;
/** And how much longer we wait for it to say so: a consumer that is not there says nothing at all. */
const grace = 2_000;
/** Statuses by which the server ends a pull: nothing there, no more in time. */
const ends: readonly number[] = [404, 408];

/**
 * What a consumer has for us right now, in order of arrival, `atMost` messages; less when `signal` is aborted or the
 * connection breaks. Nothing comes for it after that: the server says when there is no more, and what it is sending when
 * we turn away is awaited.
 * @throws when the server refuses, or the consumer was removed
 */
export function pullWhatIsThere(
  online: Online,
  atMost: number,
  options: PullOptions,
): Promise<readonly Msg[]> {
  return pull(online, { batch: atMost, no_wait: true }, grace, options);
}

/**
 * Waits half a minute for the next message of a consumer; undefined when the server says that none came, so the
 * consumer is there. Otherwise as `pullWhatIsThere`.
 * @throws also when the server says nothing at all: then it is not
 */
export async function pullNext(online: Online, options: PullOptions): Promise<Msg | undefined> {
  const request = { batch: 1, expires: nanos(expiry) };
  return (await pull(online, request, expiry + grace, options))[0];
}

/** As the server takes it: ADR-13 of NATS. */
interface PullRequest {
  readonly batch: number;
  readonly no_wait?: boolean;
  /** In nanoseconds. */
  readonly expires?: number;
}

/** `patience`: how long nothing at all may come, in milliseconds. */
async function pull(
  online: Online,
  request: PullRequest,
  patience: number,
  { subject, inboxPrefix, signal }: PullOptions,
): Promise<readonly Msg[]> {
  const { connection, broken } = online;
  if (broken.aborted || signal.aborted) return [];
  const messages: Msg[] = [];
  const done = Promise.withResolvers<void>();
  const enough = (): void => done.resolve();
  const silence = (): void =>
    request.expires === undefined ? enough() : done.reject(new Error('the server says nothing about it'));
  const timer = setTimeout(silence, patience);
  const inbox = `${inboxPrefix}.pull.${randomUUID()}`;
  const subscription = connection.subscribe(inbox, {
    callback: (error, message) => {
      // A status has no payload. Headers are parsed when they are asked for: those of events are not.
      const code = message.data.length === 0 ? (message.headers?.code ?? 0) : 0;
      if (error !== null) done.reject(error);
      else if (ends.includes(code)) enough();
      else if (code > 0) done.reject(new Error(message.headers?.description ?? `status ${code}`));
      else {
        messages.push(message);
        timer.refresh();
        if (messages.length === request.batch) enough();
      }
    },
  });
  const stop = [broken, signal];
  for (const each of stop) each.addEventListener('abort', enough, { once: true });
  try {
    connection.publish(subject, JSON.stringify(request), { reply: inbox });
    await done.promise;
    // It may be sending at this moment. It calls the rest off when it sees that nobody listens.
    if (signal.aborted) await Promise.race([subscription.drain(), whenAborted(broken)]);
    return messages;
  } finally {
    for (const each of stop) each.removeEventListener('abort', enough);
    clearTimeout(timer);
    subscription.unsubscribe();
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
