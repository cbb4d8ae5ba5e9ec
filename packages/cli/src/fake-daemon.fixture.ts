// SPDX-License-Identifier: MIT
import { mkdirSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './temporary-directory.fixture.ts';

type Answer = readonly [status: number, body: unknown];

/**
 * By `METHOD path`, or by the path alone for a GET, with or without what stands behind its `?`; one that depends on
 * what was asked may take its time, and one that answers bit by bit gets the response itself.
 */
export type Answers = Readonly<
  Record<
    string,
    | Answer
    | ((body: unknown, query: URLSearchParams) => Answer | Promise<Answer>)
    | { readonly stream: (response: ServerResponse, query: URLSearchParams) => void }
  >
>;

interface FakeDaemon {
  readonly state: string;
  /** The bodies of all that was asked, in order. */
  readonly bodies: readonly unknown[];
  /** All that was asked, in order, as `METHOD path`, or the path alone for a GET. */
  readonly asked: readonly string[];
  /** Ends it, with all connections to it, as a stop of the daemon does. */
  stop(): Promise<void>;
}

/** A state directory at whose socket the given answers are served, as the api would. */
export async function daemonWith(
  answers: Answers,
  state: string = temporaryDirectory(),
): Promise<FakeDaemon> {
  const bodies: unknown[] = [];
  const asked: string[] = [];
  mkdirSync(join(state, 'run'), { recursive: true });
  const server = createServer(async (request, response) => {
    const { method, url = '' } = request;
    const body = await text(request);
    const parsed: unknown = body === '' ? undefined : JSON.parse(body);
    if (parsed !== undefined) bodies.push(parsed);
    const name = method === 'GET' ? url : `${method} ${url}`;
    asked.push(name);
    const query = new URL(url, 'http://nftoggle').searchParams;
    const known = answers[name] ?? answers[name.replace(/\?.*/, '')] ?? notKnown(name);
    if ('stream' in known) return known.stream(response, query);
    const [status, answer] = typeof known === 'function' ? await known(parsed, query) : known;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(stop);
  await new Promise<void>((resolve) => server.listen(join(state, 'run', 'daemon.sock'), resolve));
  return { state, bodies, asked, stop };
}

function notKnown(name: string): Answer {
  return [404, { error: 'x', message: `no ${name}` }];
}

export async function stateWith(answers: Answers): Promise<string> {
  return (await daemonWith(answers)).state;
}
