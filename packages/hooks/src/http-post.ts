// SPDX-License-Identifier: MIT
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type TcpNetConnectOpts } from 'node:net';
import { checkLiteral, guardedLookup, hostOf, type Resolve } from './guarded-lookup.ts';

// An `import` reads all that the module exports, and so loads its WebSocket as well: 9 MB for nothing.
const { request: httpRequest } = process.getBuiltinModule('node:http');

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

/**
 * Until there is a connection, in milliseconds, since the addresses are known: to look them up takes more than 5 s where
 * the first name server is down (resolv.conf(5)).
 */
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
  const known = Promise.withResolvers<void>();
  if (isIP(hostOf(url.hostname)) !== 0) known.resolve();
  const lookUp: Resolve = (host) => resolve(host).finally(() => known.resolve());
  const requestOptions: Options = {
    method: 'POST',
    headers: { ...headers, 'content-length': String(body.length) },
    agent: false,
    lookup: guardedLookup(allowLocal, lookUp),
    // The default would give up on an address of several before an answer can be back from far away.
    autoSelectFamilyAttemptTimeout: 1_000,
    ...(ca === undefined ? {} : { ca }),
  };
  const request = secure ? httpsRequest(url, requestOptions) : httpRequest(url, requestOptions);
  const answer = answerTo(request, options, known.promise);
  request.end(body);
  return answer;
}

/** @param known resolves when the addresses to connect to are known */
function answerTo(request: ClientRequest, { timeout, signal }: Post, known: Promise<void>): Promise<Answer> {
  const end = (problem: string) => () => void request.destroy(new Error(problem));
  const connection = limitConnecting(known, end);
  const late = () => (connection.isSought() ? 'no answer' : 'the name was not looked up');
  const whole = setTimeout(() => end(`${late()} within ${timeout / 1_000} s`)(), timeout);
  const stop = end('it was broken off, since hooks are being stopped or changed');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return new Promise<Answer>((resolve, reject) => {
    request.once('socket', (socket) => socket.once('connect', connection.release));
    const refuse = (error: Error): void => reject(inWords(error));
    // One that changes the protocol (101) is hung up on by Node, which calls that no error.
    const over = (): void => reject(new Error('it broke off without an answer'));
    request.once('error', refuse).once('close', over);
    request.once('response', (response) => {
      // What goes wrong from now on costs no more than the rest of what it says.
      request.off('error', refuse).off('close', over);
      request.on('error', () => undefined);
      void read(response).then(resolve);
    });
  }).finally(() => {
    clearTimeout(whole);
    connection.release();
    signal.removeEventListener('abort', stop);
    // What comes now, or goes wrong, is of no interest.
    request.on('error', () => undefined).destroy();
  });
}

/** Ends what has no connection in time. */
function limitConnecting(known: Promise<void>, end: (problem: string) => () => void) {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  void known.then(() => {
    const problem = `no connection within ${connectTimeout / 1_000} s`;
    if (!isOver) timer = setTimeout(end(problem), connectTimeout);
  });
  return {
    isSought: () => timer !== undefined,
    release: (): void => {
      isOver = true;
      clearTimeout(timer);
    },
  };
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
