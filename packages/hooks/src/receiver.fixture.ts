// SPDX-License-Identifier: MIT
// HTTP servers on loopback that do as they are told.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Reaction = (response: ServerResponse, received: Received, request: IncomingMessage) => unknown;

export interface Receiver {
  readonly port: number;
  readonly received: readonly Received[];
  /** What it does from now on. */
  react: Reaction;
  stop(): Promise<void>;
}

export interface ReceiverOptions {
  readonly host?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Answers 204 unless told otherwise. */
export async function startReceiver(
  react: Reaction = (response) => response.writeHead(204).end(),
  { host = '127.0.0.1', tls }: ReceiverOptions = {},
): Promise<Receiver> {
  const received: Received[] = [];
  const receiver = { react };
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const { method = '', url: path = '', headers } = request;
    const one = { method, path, headers: headers as Record<string, string>, body };
    received.push(one);
    await receiver.react(response, one, request);
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.listen(0, host);
  await once(server, 'listening');
  return Object.assign(receiver, {
    port: (server.address() as AddressInfo).port,
    received,
    stop: () => stop(server),
  });
}

async function stop(server: Pick<Server, 'close' | 'closeAllConnections'>): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

export const answer =
  (status: number, headers: Readonly<Record<string, string>> = {}, body = ''): Reaction =>
  (response) =>
    response.writeHead(status, headers).end(body);
