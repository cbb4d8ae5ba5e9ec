// SPDX-License-Identifier: MIT
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { TcpNetConnectOpts } from 'node:net';
import { checkLiteral, guardedLookup, type Resolve } from './guarded-lookup.ts';

export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string;
  /** Of the whole of it, in milliseconds. */
  readonly timeout: number;
  readonly allowLocal: readonly string[];
  readonly signal: AbortSignal;
}

export interface HttpTools {
  readonly resolve: Resolve;
  /** Certificates that are trusted instead of the system's. */
  readonly ca?: string;
}

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly location: string | null;
  /** The beginning of what else it said. */
  readonly text: string;
}

type Options = RequestOptions &
  Pick<TcpNetConnectOpts, 'autoSelectFamilyAttemptTimeout'> &
  Pick<HttpTools, 'ca'>;

/** Until there is a connection, the look-up of the name included, in milliseconds. */
const connectTimeout = 3_000;
/** How long, in milliseconds, and how far, in bytes, an answer is read after its head: nobody waits for the rest. */
const bodyPatience = 1_000;
const longestBody = 64 * 1024;

/**
 * Posts once, on a connection of its own. No redirect is followed, and no proxy is used.
 * @throws Error in words, when there is no answer; RefusedPlaceError when it may not go there
 */
export function post(options: Post, { resolve, ca }: HttpTools): Promise<Answer> {
  const { url, headers, content, allowLocal } = options;
  checkLiteral(url.hostname, allowLocal);
  const secure = url.protocol === 'https:';
  const body = Buffer.from(content);
  const requestOptions: Options = {
    method: 'POST',
    headers: { ...headers, 'content-length': String(body.length) },
    agent: false,
    lookup: guardedLookup(allowLocal, resolve),
    // The default would give up on an address of several before an answer can be back from far away.
    autoSelectFamilyAttemptTimeout: 1_000,
    ...(ca === undefined ? {} : { ca }),
  };
  const request = secure ? httpsRequest(url, requestOptions) : httpRequest(url, requestOptions);
  const answer = answerTo(request, options);
  request.end(body);
  return answer;
}

function answerTo(request: ClientRequest, { timeout, signal }: Post): Promise<Answer> {
  const end = (problem: string) => () => void request.destroy(new Error(problem));
  const whole = setTimeout(end(`no answer within ${timeout / 1_000} s`), timeout);
  const connecting = setTimeout(end(`no connection within ${connectTimeout / 1_000} s`), connectTimeout);
  const stop = end('it was broken off, since hooks are being stopped or changed');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return new Promise<Answer>((resolve, reject) => {
    request.once('socket', (socket) => socket.once('connect', () => clearTimeout(connecting)));
    const refuse = (error: Error): void => reject(inWords(error));
    request.once('error', refuse);
    request.once('response', (response) => {
      // What goes wrong from now on costs no more than the rest of what it says.
      request.off('error', refuse).on('error', () => undefined);
      void read(response).then(resolve);
    });
  }).finally(() => {
    clearTimeout(whole);
    clearTimeout(connecting);
    signal.removeEventListener('abort', stop);
    // What comes now, or goes wrong, is of no interest.
    request.on('error', () => undefined).destroy();
  });
}

/** Never rejects: with its head an answer is one. */
function read(response: IncomingMessage): Promise<Answer> {
  const { statusCode = 0, headers } = response;
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      resolve({
        status: statusCode,
        retryAfter: headers['retry-after'] ?? null,
        location: headers.location ?? null,
        text: Buffer.concat(chunks).subarray(0, longestBody).toString('utf8'),
      });
    };
    const timer = setTimeout(done, bodyPatience);
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= longestBody) done();
    });
    for (const over of ['end', 'close', 'error'] as const) response.once(over, done);
  });
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'it broke the connection off',
  EPIPE: 'it broke the connection off',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name could not be looked up now',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it does not answer',
};

/** Of several addresses that were tried, the first one's problem. */
function inWords(error: NodeJS.ErrnoException & { readonly errors?: readonly unknown[] }): Error {
  const [first] = error.errors ?? [];
  const cause = first instanceof Error ? (first as NodeJS.ErrnoException) : error;
  const text = words[cause.code ?? ''];
  return text === undefined ? cause : new Error(text, { cause });
}
