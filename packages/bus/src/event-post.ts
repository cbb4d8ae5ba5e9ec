// SPDX-License-Identifier: MIT
import { headers, type Msg, type MsgHdrs } from '@nats-io/transport-node';
import { eventStream } from '@nftoggle/contracts';
import { NoAnswerError } from './errors.ts';
import type { Online } from './presence.ts';
import type { Replies } from './replies.ts';

export interface Outgoing {
  readonly id: string;
  readonly subject: string;
  readonly payload: string;
}

/** How long the stream may take to confirm an event, in milliseconds: the disk of a small box has its moments. */
const confirmDeadline = 2_000;
/** The stream's last event is not the one that was expected (JetStream error code). */
const wrongLastId = 10_070;

/** Somebody else published in between. What was refused is to be sent again at once. */
export class OvertakenError extends Error {
  override readonly name = 'OvertakenError';
}

/**
 * Resolves when the stream has the event, also if it had it before.
 *
 * Events that are sent without waiting must not overtake one that the stream refuses. So each says which one it
 * comes after, and the stream takes it only right after that one: what is stored of several is always a beginning.
 * @throws OvertakenError, NoAnswerError
 */
export async function storeEvent(
  { connection }: Online,
  replies: Replies,
  { id, subject, payload }: Outgoing,
  after: Outgoing | undefined,
): Promise<void> {
  const marks = expecting(eventStream.name);
  marks.set('Nats-Msg-Id', id);
  if (after !== undefined) marks.set('Nats-Expected-Last-Msg-Id', after.id);
  const question = { subject, payload, answerer: 'nats', headers: marks } as const;
  checkReceipt(await replies.ask(connection, question, confirmDeadline));
}

/** Tells those who listen now, and no stream: as long as events cannot be stored, who acts upon them must not wait. */
export function announceEvent({ connection }: Online, { subject, payload }: Outgoing): void {
  connection.publish(subject, payload, { headers: expecting('none') });
}

/** A stream of another name refuses the message. */
function expecting(stream: string): MsgHdrs {
  const marks = headers();
  marks.set('Nats-Expected-Stream', stream);
  return marks;
}

function checkReceipt(message: Msg): void {
  const { stream, error } = message.json<{
    stream?: string;
    error?: { err_code: number; description: string };
  }>();
  if (error?.err_code === wrongLastId) throw new OvertakenError(error.description);
  if (error !== undefined) throw new NoAnswerError(error.description);
  if (stream !== eventStream.name) throw new NoAnswerError('the answer was no receipt of the event stream');
}
