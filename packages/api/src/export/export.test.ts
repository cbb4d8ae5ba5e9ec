// SPDX-License-Identifier: MIT
// Exports as a client gets them: over a real socket, from a stats that has more than anybody keeps in memory.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { SessionRecord, SessionsPage } from '@nftoggle/contracts';
import { eventually } from '@nftoggle/testkit';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { anEvent, denialsPage, sessionsPage, summary, timezone } from '../answers.fixture.ts';
import type { Backend, Question } from '../backend.ts';
import { EventFeed } from '../event-feed.ts';
import { buildServer } from '../server.ts';
import { listenOnSocket } from '../unix-socket.ts';

let socketPath: string;
let asked: [Question, Record<string, unknown>][];
let answerOf: (question: Question, request: Record<string, unknown>) => unknown;
const faults: Error[] = [];

beforeEach(async () => {
  asked = [];
  const backend: Backend = {
    feed: new EventFeed(),
    status: () => Promise.reject(new Error('not asked')),
    ask: async (question, asking) => {
      asked.push([question, asking]);
      return answerOf(question, asking) as never;
    },
    timezone: () => timezone,
    onAnswered: () => undefined,
    onFault: (error) => faults.push(error),
  };
  const app = buildServer(backend);
  const directory = mkdtempSync(join(tmpdir(), 'nftoggle-export-'));
  socketPath = join(directory, 'daemon.sock');
  await listenOnSocket(app, socketPath);
  onTestFinished(async () => {
    await app.close();
    rmSync(directory, { recursive: true, force: true });
  });
});

async function get(path: string): Promise<IncomingMessage> {
  const [response] = await once(request({ socketPath, path: `/v1/stats/export/${path}` }).end(), 'response');
  return response as IncomingMessage;
}

function session(n: number): SessionRecord {
  const [one] = sessionsPage.sessions;
  if (one === undefined) throw new TypeError('there is one');
  return { ...one, session: `s${String(n).padStart(11, '0')}` };
}

/** As many sessions as are wanted, in the pages that are asked for. */
function sessionsOf(total: number) {
  return (_question: Question, { limit, after }: Record<string, unknown>): SessionsPage => {
    const first = Number(after ?? 0);
    const end = Math.min(total, first + Number(limit));
    const sessions = Array.from({ length: end - first }, (_, index) => session(first + index));
    return { sessions, next: end < total ? String(end) : null };
  };
}

const row =
  's00000000000,ssh,2001:db8::7,,laptop,ada,,services.ssh.allow[0],2025-01-15T12:00:00.000Z,' +
  '2025-01-15T12:30:00.000Z,idle,3,95.5,10,1000,60,90000\r\n';

it('writes sessions as CSV with a header line, and names the file', async () => {
  answerOf = sessionsOf(1);
  const response = await get('sessions?from=2025-01-15&to=2025-01-16&service=ssh&person=ada');
  expect(response.headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': 'attachment; filename="nftoggle-sessions.csv"',
  });
  expect(await text(response)).toBe(
    'session,service,address,mac,device,person,country,rule,since,ended,reason,connections,active_seconds,' +
      `packets_in,bytes_in,packets_out,bytes_out\r\n${row}`,
  );
  const span = { from: '2025-01-14T23:00:00.000Z', to: '2025-01-15T23:00:00.000Z' };
  expect(asked).toEqual([['statsSessions', { ...span, service: 'ssh', person: 'ada', limit: 500 }]]);
});

it('leaves empty what is not known', async () => {
  answerOf = () => ({ sessions: [{ ...session(0), ended: null, reason: null, use: null }], next: null });
  const lines = (await text(await get('sessions'))).split('\r\n');
  expect(lines[1]).toMatch(/,2025-01-15T12:00:00.000Z,,,,,,,,$/);
});

it.each([
  [
    'denials',
    () => denialsPage,
    'service,address,mac,device,person,country,reason,rule,count,first,last,enforced',
    'ssh,203.0.113.66,,,,,no_rule,,4,2025-01-15T12:00:00.000Z,2025-01-15T12:00:00.000Z,true',
  ],
  [
    'days',
    () => summary,
    'day,sessions,active_seconds,connections,bytes_in,bytes_out,denied,unasked',
    '2025-01-15,2,95.5,7,1000,90000,4,900',
  ],
  [
    'events',
    () => ({ events: [{ id: 'a', time: 't', type: 'x', source: '=1', data: { k: 'v' } }], next: null }),
    'id,time,type,source,subject,data',
    `a,t,x,'=1,,"{""k"":""v""}"`,
  ],
] as const)('writes %s as CSV', async (name, answer, header, first) => {
  answerOf = answer;
  expect(await text(await get(name))).toBe(`${header}\r\n${first}\r\n`);
});

it.each([0, 1, 499, 500, 501, 1_200])(
  'writes %i rows as JSON and as JSON lines, each once',
  async (total) => {
    answerOf = sessionsOf(total);
    const expected = Array.from({ length: total }, (_, n) => session(n));
    const whole = await text(await get('sessions?format=json'));
    expect(JSON.parse(whole)).toEqual(expected);
    const lines = await text(await get('sessions?format=ndjson'));
    expect(
      lines
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    ).toEqual(expected);
  },
);

it('goes on after a page that holds none, for its rows were all of another kind', async () => {
  answerOf = (_question, { after }) =>
    after === undefined ? { events: [], next: 'x' } : { events: [anEvent(1)], next: null };
  expect(JSON.parse(await text(await get('events?format=json')))).toEqual([anEvent(1)]);
});

it('asks for no more than the client takes, and for nothing when it is gone', async () => {
  answerOf = sessionsOf(10_000_000);
  const response = await get('sessions');
  await once(response, 'readable');
  const seen = asked.length;
  expect(seen).toBeLessThan(30);
  response.destroy();
  let before = -1;
  await eventually(() => {
    const still = before === asked.length;
    before = asked.length;
    return still;
  });
  expect(asked.length).toBeLessThan(40);
});

it('asks again when stats is started anew in the middle', async () => {
  const answer = sessionsOf(600);
  let silences = 1;
  answerOf = (question, asking) =>
    asking.after !== undefined && silences-- > 0 ? null : answer(question, asking);
  expect(JSON.parse(await text(await get('sessions?format=json')))).toHaveLength(600);
});

it('breaks off, so that nobody takes a part for the whole, when stats stays silent', async () => {
  const answer = sessionsOf(600);
  answerOf = (question, asking) => (asking.after === undefined ? answer(question, asking) : null);
  const response = await get('sessions');
  expect(response.statusCode).toBe(200);
  await expect(text(response)).rejects.toThrow(/aborted/);
});
