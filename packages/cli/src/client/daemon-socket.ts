// SPDX-License-Identifier: MIT
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

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

const deadline = 5_000;

/** Asks the daemon behind a unix socket. @throws NotReachableError */
export async function getFromDaemon(socket: string, path: string): Promise<Answer> {
  const { status, payload } = await get(socket, path);
  try {
    return { status, body: JSON.parse(payload) };
  } catch (cause) {
    throw new NotReachableError('what answers at the socket does not speak JSON', { cause });
  }
}

function get(socket: string, path: string): Promise<{ status: number; payload: string }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void =>
      reject(new NotReachableError(cause.code ?? cause.message, { cause }));
    const asked = request({ socketPath: socket, path, signal: AbortSignal.timeout(deadline) }, (response) => {
      text(response).then((payload) => resolve({ status: response.statusCode ?? 0, payload }), fail);
    });
    asked.on('error', fail);
    asked.end();
  });
}
