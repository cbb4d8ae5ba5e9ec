// SPDX-License-Identifier: MIT
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './temporary-directory.fixture.ts';

/** Status and body by `METHOD path`, or by the path alone for a GET. */
type Answers = Readonly<Record<string, readonly [number, unknown]>>;

interface FakeDaemon {
  readonly state: string;
  /** The bodies of all that was asked, in order. */
  readonly bodies: readonly unknown[];
}

/** A state directory at whose socket the given answers are served, as the api would. */
export async function daemonWith(answers: Answers): Promise<FakeDaemon> {
  const state = temporaryDirectory();
  mkdirSync(join(state, 'run'));
  const bodies: unknown[] = [];
  const server = createServer(async (request, response) => {
    const { method, url = '' } = request;
    const body = await text(request);
    if (body !== '') bodies.push(JSON.parse(body));
    const asked = method === 'GET' ? url : `${method} ${url}`;
    const [status, answer] = answers[asked] ?? [404, { error: 'x', message: `no ${asked}` }];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(join(state, 'run', 'daemon.sock'), resolve));
  return { state, bodies };
}

export async function stateWith(answers: Answers): Promise<string> {
  return (await daemonWith(answers)).state;
}
