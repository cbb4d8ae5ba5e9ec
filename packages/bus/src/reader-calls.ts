// SPDX-License-Identifier: MIT
import type { ConsumerInfo } from '@nats-io/jetstream';
import { type Msg, nanos } from '@nats-io/transport-node';
import { type EventReader, eventStream } from '@nftoggle/contracts';
import { callDeadline, clientOf } from './bucket.ts';
import { placeOf } from './delivery-place.ts';
import type { Online } from './presence.ts';
import { type PullOptions, pullNext, pullWhatIsThere } from './pull.ts';
import type { Question, Replies } from './replies.ts';

/** How long the server may take to have what was not acknowledged come again, in milliseconds: it may be much. */
const rewindDeadline = 10_000;
/** More than these are not asked for again one by one: they come when the server misses them. */
const mostRewound = 100_000;

/** What the reader of a place in the stream says to the server. */
export class ReaderCalls {
  readonly #name: string;
  readonly #inboxPrefix: string;
  readonly #replies: Replies;

  constructor({ name }: EventReader, inboxPrefix: string, replies: Replies) {
    this.#name = name;
    this.#inboxPrefix = inboxPrefix;
    this.#replies = replies;
  }

  /** @throws when there is no such place, or no stream, or no answer */
  async info({ connection }: Online): Promise<ConsumerInfo> {
    const manager = await clientOf(connection).jetstreamManager();
    return manager.consumers.info(eventStream.name, this.#name);
  }

  /** The next event, when there is one within half a minute. */
  next(online: Online, signal: AbortSignal): Promise<Msg | undefined> {
    return pullNext(online, this.#pullOptions(signal));
  }

  /** What can be had at once. */
  whatIsThere(online: Online, atMost: number, signal: AbortSignal): Promise<readonly Msg[]> {
    return pullWhatIsThere(online, atMost, this.#pullOptions(signal));
  }

  /** Resolves when the server knows. */
  async acknowledge({ connection }: Online, { reply = '' }: Msg): Promise<void> {
    await this.#replies.ask(connection, tell(reply, '+ACK'), callDeadline);
  }

  /** It is to come again, after so many milliseconds. */
  refuse({ connection }: Online, { reply = '' }: Msg, delay: number): void {
    connection.publish(reply, `-NAK ${JSON.stringify({ delay: nanos(delay) })}`);
  }

  /** They are to come again later than they would. */
  working({ connection }: Online, messages: readonly Msg[]): void {
    for (const { reply = '' } of messages) connection.publish(reply, '+WPI');
  }

  /**
   * Whether these are all that is not acknowledged, up to the last of them. Only the oldest events leave the stream,
   * so without a gap from the last acknowledged one, or from the beginning of the stream, none can be elsewhere.
   */
  async isNext(online: Online, sequences: readonly number[]): Promise<boolean> {
    const { num_ack_pending: pending, ack_floor } = await this.info(online);
    // One that came again after it was acknowledged is none of those that are missed.
    const isFresh = sequences.every((sequence) => sequence > ack_floor.stream_seq);
    if (isFresh && pending === sequences.length) return true;
    const manager = await clientOf(online.connection).jetstreamManager();
    const { state } = await manager.streams.info(eventStream.name);
    const first = Math.max(ack_floor.stream_seq + 1, state.first_seq);
    return sequences.every((sequence, index) => sequence === first + index);
  }

  /**
   * Has all that is not acknowledged come again before anything new, whoever it was handed to; returns how many that
   * are. Without it they would come half a minute later, behind what came meanwhile.
   */
  async rewind(online: Online): Promise<number> {
    const { num_ack_pending: pending, ack_floor, delivered } = await this.info(online);
    if (pending === 0) return 0;
    const last = delivered.stream_seq;
    const subject = (sequence: number): string =>
      `$JS.ACK.${eventStream.name}.${this.#name}.1.${sequence}.${delivered.consumer_seq}.0.0`;
    for (let each = Math.max(ack_floor.stream_seq + 1, last - mostRewound); each < last; each += 1) {
      online.connection.publish(subject(each), '-NAK');
    }
    // The server handles them in order, so its answer to the last one is for all.
    await this.#replies.ask(online.connection, tell(subject(last), '-NAK'), rewindDeadline);
    return pending;
  }

  #pullOptions(signal: AbortSignal): PullOptions {
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${eventStream.name}.${this.#name}`;
    return { subject, inboxPrefix: this.#inboxPrefix, signal };
  }
}

function tell(subject: string, payload: string): Question {
  return { subject, payload, answerer: 'nats' };
}

export function sequenceOf({ reply = '' }: Msg): number {
  return placeOf(reply)?.revision ?? 0;
}
