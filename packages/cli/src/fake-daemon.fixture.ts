// SPDX-License-Identifier: MIT
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './temporary-directory.fixture.ts';

type Answer = readonly [status: number, body: unknown];

/** By `METHOD path`, or by the path alone for a GET; one that depends on what was asked may take its time. */
type Answers = Readonly<Record<string, Answer | ((body: unknown) => Answer | Promise<Answer>)>>;

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
    const parsed: unknown = body === '' ? undefined : JSON.parse(body);
    if (parsed !== undefined) bodies.push(parsed);
    const asked = method === 'GET' ? url : `${method} ${url}`;
    const known = answers[asked] ?? ([404, { error: 'x', message: `no ${asked}` }] as const);
    const [status, answer] = typeof known === 'function' ? await known(parsed) : known;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(join(state, 'run', 'daemon.sock'), resolve));
  return { state, bodies };
}

export async function stateWith(answers: Answers): Promise<string> {
  return (await daemonWith(answers)).state;
}
