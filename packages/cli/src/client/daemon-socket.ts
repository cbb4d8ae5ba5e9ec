// SPDX-License-Identifier: MIT
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** What is asked at the socket; a GET unless it says otherwise. */
export interface Question {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  /** In milliseconds; for what takes longer than most answers. */
  readonly deadline?: number;
}

export interface Answer {
  readonly status: number;
  /** Parsed JSON, to be held to a schema by the caller. */
  readonly body: unknown;
}

/** Nobody answers at the socket; `reason` is what the system said. */
export class NotReachableError extends Error {
  override readonly name = 'NotReachableError';
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`the daemon is not reachable: ${reason}`, options);
    this.reason = reason;
  }
}

/** In milliseconds: longer than the daemons take for almost any answer. */
const usualDeadline = 8_000;

/** Asks the daemon behind a unix socket. @throws NotReachableError */
export async function sendToDaemon(socket: string, question: Question): Promise<Answer> {
  const { status, payload } = await send(socket, question);
  return { status, body: parse(payload) };
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch (cause) {
    throw new NotReachableError('what answers at the socket does not speak JSON', { cause });
  }
}

function send(
  socketPath: string,
  { method = 'GET', path, body, deadline = usualDeadline }: Question,
): Promise<{ status: number; payload: string }> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(deadline);
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => {
      const reason = signal.aborted ? `nothing for ${deadline / 1_000} s` : (cause.code ?? cause.message);
      reject(new NotReachableError(reason, { cause }));
    };
    const asked = request({ socketPath, path, method, headers, signal }, (response) => {
      text(response).then((payload) => resolve({ status: response.statusCode ?? 0, payload }), fail);
    });
    asked.on('error', fail);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export interface Opening {
  readonly path: string;
  /** Ends the request, and what is read of it. */
  readonly signal: AbortSignal;
  /** Milliseconds without a byte after which it counts as broken. */
  readonly silence: number;
}

/**
 * Asks for an answer that is read while it comes. One that is no success is read whole.
 * @throws NotReachableError when nobody answers; and what is read fails when it breaks off, or falls silent
 */
export function openAnswer(
  socketPath: string,
  { path, signal, silence }: Opening,
): Promise<IncomingMessage | Answer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void =>
      reject(new NotReachableError(cause.code ?? cause.message, { cause }));
    const asked = request({ socketPath, path, signal }, (response) => {
      response.setEncoding('utf8');
      const { statusCode: status = 0 } = response;
      if (status === 200) resolve(response);
      else
        text(response)
          .then((payload) => resolve({ status, body: parse(payload) }))
          .catch(fail);
    });
    asked.setTimeout(silence, () => asked.destroy(new Error('it fell silent')));
    asked.on('error', fail);
    asked.end();
  });
}
