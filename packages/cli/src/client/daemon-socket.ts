// SPDX-License-Identifier: MIT
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

/** What is asked at the socket; a GET unless it says otherwise. */
export interface Question {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
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

/** In milliseconds: longer than the daemons take for any answer. */
const deadline = 8_000;

/** Asks the daemon behind a unix socket. @throws NotReachableError */
export async function sendToDaemon(socket: string, question: Question): Promise<Answer> {
  const { status, payload } = await send(socket, question);
  try {
    return { status, body: JSON.parse(payload) };
  } catch (cause) {
    throw new NotReachableError('what answers at the socket does not speak JSON', { cause });
  }
}

function send(
  socketPath: string,
  { method = 'GET', path, body }: Question,
): Promise<{ status: number; payload: string }> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(deadline);
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void =>
      reject(new NotReachableError(cause.code ?? cause.message, { cause }));
    const asked = request({ socketPath, path, method, headers, signal }, (response) => {
      text(response).then((payload) => resolve({ status: response.statusCode ?? 0, payload }), fail);
    });
    asked.on('error', fail);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
