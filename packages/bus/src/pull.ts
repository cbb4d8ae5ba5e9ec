// SPDX-License-Identifier: MIT
import { randomUUID } from 'node:crypto';
import { type Msg, nanos } from '@nats-io/transport-node';
import type { Online } from './presence.ts';

export interface PullOptions {
  /** `$JS.API.CONSUMER.MSG.NEXT.STREAM.CONSUMER`. */
  readonly subject: string;
  readonly inboxPrefix: string;
  readonly atMost: number;
  /** How long to wait for more after a message, in milliseconds. */
  readonly linger: number;
  /** How long to wait for the first one, in milliseconds; half a minute if it is not said. */
  readonly expiry?: number;
  readonly signal: AbortSignal;
}

/** And how much longer we wait for it to say so: a consumer that is not there says nothing at all. */
const grace = 2_000;
/** Statuses by which the server ends a pull: nothing there, no more in time. */
const ends: readonly number[] = [404, 408];

/**
 * Waits for messages of a consumer and returns what came, in order of arrival; nothing after its expiry, or when
 * `signal` is aborted or the connection breaks. Nothing comes for it after that: what the server is still to send
 * for this pull is awaited or called off.
 * @throws when the server refuses, or the consumer was removed
 */
export async function pull(online: Online, options: PullOptions): Promise<readonly Msg[]> {
  const { connection, broken } = online;
  const { subject, inboxPrefix, atMost, linger, expiry = 30_000, signal } = options;
  if (broken.aborted || signal.aborted) return [];
  const messages: Msg[] = [];
  const done = Promise.withResolvers<void>();
  const enough = (): void => done.resolve();
  const timer = setTimeout(enough, expiry + grace);
  let quiet: NodeJS.Timeout | undefined;
  const inbox = `${inboxPrefix}.pull.${randomUUID()}`;
  const subscription = connection.subscribe(inbox, {
    callback: (error, message) => {
      const code = message.headers?.code ?? 0;
      if (error !== null) done.reject(error);
      else if (ends.includes(code)) enough();
      else if (code > 0) done.reject(new Error(message.headers?.description ?? `status ${code}`));
      else {
        messages.push(message);
        clearTimeout(quiet);
        if (messages.length < atMost) quiet = setTimeout(enough, linger);
        else enough();
      }
    },
  });
  const stop = [broken, signal];
  for (const each of stop) each.addEventListener('abort', enough, { once: true });
  try {
    connection.publish(subject, JSON.stringify({ batch: atMost, expires: nanos(expiry) }), { reply: inbox });
    await done.promise;
    // The server may be sending more at this moment. It calls the rest off when it sees that nobody listens.
    if (messages.length < atMost) await Promise.race([subscription.drain(), whenAborted(broken)]);
    return messages;
  } finally {
    for (const each of stop) each.removeEventListener('abort', enough);
    clearTimeout(timer);
    clearTimeout(quiet);
    subscription.unsubscribe();
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
