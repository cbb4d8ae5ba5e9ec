// SPDX-License-Identifier: MIT
import { randomBytes } from 'node:crypto';
import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import type { Daemon } from '@nftoggle/contracts';
import { NoAnswerError } from './errors.ts';
import { type Answerer, inboxPrefix } from './inbox.ts';

export interface Question {
  readonly subject: string;
  readonly payload: string;
  /** Nobody else can answer it. */
  readonly answerer: Answerer;
  readonly headers?: MsgHdrs;
}

interface Asked {
  readonly resolve: (reply: Msg) => void;
  readonly reject: (error: NoAnswerError) => void;
  readonly timer: NodeJS.Timeout;
}

/** What the server answers when nobody serves a subject (NATS protocol, "no responders"). */
const noResponders = 503;

/**
 * Questions on their way and the replies to them, by one subscription for all. The client library's own
 * requests do the same and more; they also make an error with its stack for every question that is answered,
 * which a first packet would wait for.
 */
export class Replies {
  readonly #daemon: Daemon;
  /** Of our own, because replicas share the prefix. */
  readonly #nonce = randomBytes(9).toString('base64url');
  readonly #asked = new Map<string, Asked>();
  #count = 0;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  /** To be called once for each new connection. The client subscribes again by itself when it reconnects. */
  listen(connection: NatsConnection): void {
    connection.subscribe(this.#inbox('*', '*'), {
      callback: (error, message) => {
        if (error === null) this.#settle(message);
      },
    });
  }

  /** @throws NoAnswerError when nobody serves the subject, or nobody answers within `deadline` milliseconds */
  ask(connection: NatsConnection, question: Question, deadline: number): Promise<Msg> {
    const { subject, payload, answerer, headers } = question;
    this.#count += 1;
    const reply = this.#inbox(answerer, this.#count.toString(36));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#asked.delete(reply);
        reject(new NoAnswerError(`no answer within ${deadline} ms`));
      }, deadline);
      this.#asked.set(reply, { resolve, reject, timer });
      try {
        connection.publish(subject, payload, { reply, ...(headers && { headers }) });
      } catch (cause) {
        this.#take(reply)?.reject(new NoAnswerError((cause as Error).message, { cause }));
      }
    });
  }

  /** Nobody waits any longer for what was asked until now. */
  giveUp(because: string): void {
    for (const reply of [...this.#asked.keys()]) this.#take(reply)?.reject(new NoAnswerError(because));
  }

  #inbox(answerer: Answerer | '*', number: string): string {
    return `${inboxPrefix(this.#daemon, answerer)}.reply.${this.#nonce}.${number}`;
  }

  /** A reply that comes late, or twice, belongs to nobody any more. */
  #settle(message: Msg): void {
    const asked = this.#take(message.subject);
    if (asked === undefined) return;
    if (message.headers?.code === noResponders) asked.reject(new NoAnswerError('nobody serves it'));
    else asked.resolve(message);
  }

  #take(reply: string): Asked | undefined {
    const asked = this.#asked.get(reply);
    this.#asked.delete(reply);
    clearTimeout(asked?.timer);
    return asked;
  }
}
