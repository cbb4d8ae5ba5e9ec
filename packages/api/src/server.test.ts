// SPDX-License-Identifier: MIT
// The routes as a client sees them: over a real socket, with daemons that answer what the test wants.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { SystemStatus } from '@nftoggle/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  allowances,
  deadLetters,
  denialsPage,
  explanation,
  grant,
  hooksStatus,
  letterId,
  outcome,
  revision,
  schedule,
  sessionsPage,
  summary,
  timezone,
  wakeTrace,
} from './answers.fixture.ts';
import type { Backend, Question } from './backend.ts';
import { EventFeed } from './event-feed.ts';
import { buildServer } from './server.ts';
import { listenOnSocket } from './unix-socket.ts';

const status: SystemStatus = {
  node: 'box',
  version: '0.1.0',
  mode: 'enforce',
  timezone,
  healthy: false,
  api: { daemon: 'api', pid: 1, started: '2025-01-15T12:00:00.000Z', revision, problem: null },
  interceptor: null,
  policy: null,
  wol: null,
  hooks: null,
  stats: null,
};

let answerOf: (question: Question) => unknown;
let asked: [Question, unknown][];
let faults: Error[];
let answered: string[];
const feed = new EventFeed();
const backend: Backend = {
  feed,
  timezone: () => timezone,
  onAnswered: (route, status) => void answered.push(`${status} ${route}`),
  status: async () => status,
  ask: async (question, asking) => {
    asked.push([question, asking]);
    return answerOf(question) as never;
  },
  onFault: (error) => faults.push(error),
};

const directory = mkdtempSync(join(tmpdir(), 'nftoggle-routes-'));
const socketPath = join(directory, 'daemon.sock');
const app = buildServer(backend);

beforeAll(() => listenOnSocket(app, socketPath));
beforeEach(() => {
  asked = [];
  answered = [];
  faults = [];
  answerOf = (question) => answers[question];
});
afterAll(async () => {
  await app.close();
  rmSync(directory, { recursive: true, force: true });
});

const answers: Readonly<Record<Question, unknown>> = {
  explain: explanation,
  schedule,
  allowances,
  bonus: allowances,
  grantList: { grants: [grant], timezone },
  grantIssue: { grant, extended: false, overrides: null, notes: [], timezone },
  grantExtend: { grant, extended: true, overrides: null, notes: [], timezone },
  grantRevoke: { grants: [grant], timezone },
  clockAccept: { now: '2025-01-15T12:00:00.000Z', timezone },
  wakeTrace,
  hooksStatus,
  hookTest: outcome,
  deadLetters,
  deadLetter: outcome,
  statsSummary: summary,
  statsSeries: { points: [] },
  statsSessions: sessionsPage,
  statsDenials: denialsPage,
  statsEvents: { events: [], next: null },
};

async function send(method: string, path: string, body?: unknown) {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const [response] = (await once(request({ socketPath, path, method, headers }).end(text), 'response')) as [
    IncomingMessage,
  ];
  return { code: response.statusCode, body: (await json(response)) as Record<string, unknown> };
}

const get = (path: string) => send('GET', path);

describe('the routes', () => {
  it('answer that the api is there', async () => {
    expect(await get('/v1/health')).toEqual({ code: 200, body: { ok: true } });
  });

  it('give the status of the system', async () => {
    expect(await get('/v1/status')).toEqual({ code: 200, body: status });
  });

  const end = { service: 'ssh', source: 'any', by: 'ada' };
  const wake = { device: 'nas', after: 3, patience: 5_000, doctor: false, by: 'ada' };
  it.each([
    ['POST', '/v1/clock/accept', { by: 'ada' }, 'clockAccept', { by: 'ada' }],
    ['POST', '/v1/wake', wake, 'wakeTrace', wake],
    ['POST', '/v1/wake', { ...wake, doctor: true }, 'wakeTrace', { ...wake, doctor: true }],
    ['GET', '/v1/why?source=a&service=ssh', undefined, 'explain', { source: 'a', service: 'ssh' }],
    [
      'GET',
      '/v1/why?source=leo&service=ssh&at=fri%2020%3A55',
      undefined,
      'explain',
      { source: 'leo', service: 'ssh', at: 'fri 20:55' },
    ],
    ['GET', '/v1/schedule?subject=leo', undefined, 'schedule', { subject: 'leo', days: 7 }],
    ['GET', '/v1/schedule?subject=leo&days=31', undefined, 'schedule', { subject: 'leo', days: 31 }],
    ['GET', '/v1/allowances', undefined, 'allowances', {}],
    ['GET', '/v1/allowances?who=leo', undefined, 'allowances', { who: 'leo' }],
    ['POST', '/v1/bonus', { who: 'leo', seconds: -60, by: 'ada' }, 'bonus', undefined],
    ['GET', '/v1/hooks', undefined, 'hooksStatus', {}],
    ['POST', '/v1/hooks/phone/test', undefined, 'hookTest', { hook: 'phone' }],
    ['POST', '/v1/hooks/letters/test', {}, 'hookTest', { hook: 'letters' }],
    ['POST', '/v1/hooks/phone/test', { type: 'x' }, 'hookTest', { hook: 'phone', type: 'x' }],
    ['GET', '/v1/hooks/letters', undefined, 'deadLetters', { limit: 100 }],
    ['GET', '/v1/hooks/letters?hook=phone&limit=5', undefined, 'deadLetters', { hook: 'phone', limit: 5 }],
    [
      'POST',
      `/v1/hooks/letters/${letterId}/retry`,
      undefined,
      'deadLetter',
      { id: letterId, discard: false },
    ],
    ['DELETE', `/v1/hooks/letters/${letterId}`, undefined, 'deadLetter', { id: letterId, discard: true }],
    ['GET', '/v1/grants', undefined, 'grantList', {}],
    ['PATCH', '/v1/grants/k3v9x2ab', { until: '18:40', by: 'ada' }, 'grantExtend', undefined],
    ['DELETE', '/v1/grants/x?by=ada', undefined, 'grantRevoke', { id: 'x', by: 'ada' }],
    ['DELETE', '/v1/grants?service=ssh&by=ada', undefined, 'grantRevoke', { service: 'ssh', by: 'ada' }],
    [
      'DELETE',
      '/v1/grants?service=ssh&source=2001%3Adb8%3A%3A%2F32&by=ada',
      undefined,
      'grantRevoke',
      { service: 'ssh', source: '2001:db8::/32', by: 'ada' },
    ],
  ] as const)('%s %s asks %j: %s', async (method, path, body, question, expected) => {
    const reply = await send(method, path, body);
    expect(reply).toEqual({ code: 200, body: answers[question] });
    expect(asked).toEqual([
      [question, expected ?? { ...body, ...(method === 'PATCH' ? { id: 'k3v9x2ab' } : {}) }],
    ]);
  });

  it('say by 201 that a grant is new, and by 200 that it was open already', async () => {
    const body = { ...end, seconds: 1_800, why: 'homework' };
    expect(await send('POST', '/v1/grants', body)).toEqual({ code: 201, body: answers.grantIssue });
    answerOf = () => answers.grantExtend;
    expect(await send('POST', '/v1/grants', body)).toMatchObject({ code: 200, body: { extended: true } });
    expect(asked[0]).toEqual(['grantIssue', body]);
  });

  const day = ['2026-11-01', '2026-11-02'] as const;
  const span = { from: '2026-10-31T23:00:00.000Z', to: '2026-11-01T23:00:00.000Z' };
  const page = { ...span, limit: 100 };
  it.each([
    ['summary', 'statsSummary', span],
    ['summary?service=ssh&person=leo', 'statsSummary', { ...span, service: 'ssh', person: 'leo' }],
    ['series', 'statsSeries', { ...span, step: 'hour' }],
    ['series?step=minute&service=ssh', 'statsSeries', { ...span, step: 'minute', service: 'ssh' }],
    ['sessions', 'statsSessions', page],
    [
      'sessions?source=192.168.1.30&limit=5&after=x',
      'statsSessions',
      { ...page, source: '192.168.1.30', limit: 5, after: 'x' },
    ],
    ['denials', 'statsDenials', page],
    ['denials?person=leo', 'statsDenials', { ...page, person: 'leo' }],
  ] as const)('GET /v1/stats/%s of a local day asks %s %j', async (path, question, expected) => {
    const range = `from=${day[0]}&to=${day[1]}`;
    const reply = await get(`/v1/stats/${path}${path.includes('?') ? '&' : '?'}${range}`);
    expect(reply).toEqual({ code: 200, body: answers[question] });
    expect(asked).toEqual([[question, expected]]);
  });

  it('speak of the last seven days where nothing is said', async () => {
    await get('/v1/stats/summary');
    const [, { from, to }] = asked[0] as [Question, { from: string; to: string }];
    expect(Date.parse(to) - Date.parse(from)).toBe(7 * 86_400_000);
    expect(Math.abs(Date.now() - Date.parse(to))).toBeLessThan(60_000);
  });

  it('give events with those that a faster clock has published, unless an end is said', async () => {
    await get(`/v1/events?from=${day[0]}&type=session_started&type=session_ended&service=ssh&limit=20`);
    await get(`/v1/events?from=${day[0]}&to=${day[1]}&type=wake_failed&after=x`);
    expect(asked).toEqual([
      [
        'statsEvents',
        { from: span.from, types: ['session_started', 'session_ended'], service: 'ssh', limit: 20 },
      ],
      ['statsEvents', { ...page, types: ['wake_failed'], after: 'x' }],
    ]);
  });

  it('are counted by their patterns, without names and ids', async () => {
    await get('/v1/hooks/letters');
    await send('DELETE', `/v1/hooks/letters/${letterId}`);
    await send('POST', '/v1/hooks/phone/test');
    await get('/v1/whatever');
    await get('/v1/stats/summary?from=later');
    expect(answered).toEqual([
      '200 GET /v1/hooks/letters',
      '200 DELETE /v1/hooks/letters/:id',
      '200 POST /v1/hooks/:name/test',
      '404 none',
      '422 GET /v1/stats/summary',
    ]);
  });

  it('take an address in every spelling that a URL allows', async () => {
    await get('/v1/why?source=fe80%3A%3A1%25eth0&service=ssh');
    expect(asked).toEqual([['explain', { source: 'fe80::1%eth0', service: 'ssh' }]]);
  });

  it.each(['/', '/v1', '/v1/whatever', '/v2/status'])('do not include %s', async (url) => {
    expect(await get(url)).toMatchObject({ code: 404, body: { error: 'unknown_route' } });
  });

  it('do nothing by a method that they do not know', async () => {
    expect(await send('PUT', '/v1/grants', end)).toMatchObject({ code: 404 });
    expect(await send('POST', '/v1/why', end)).toMatchObject({ code: 404 });
    expect(await get('/v1/wake')).toMatchObject({ code: 404 });
    expect(asked).toEqual([]);
  });
});

describe('a question that is wrong', () => {
  const long = 'x'.repeat(64);
  it.each([
    ['GET', '/v1/why', undefined, 'source'],
    ['GET', '/v1/why?source=203.0.113.66', undefined, 'service'],
    ['GET', '/v1/why?service=ssh', undefined, 'source'],
    ['GET', '/v1/why?source=&service=ssh', undefined, 'source'],
    ['GET', '/v1/why?source=a&source=b&service=ssh', undefined, 'source'],
    ['GET', `/v1/why?source=a&service=${long}`, undefined, 'service'],
    ['GET', '/v1/why?source=a&service=ssh&att=now', undefined, 'att'],
    ['GET', '/v1/schedule', undefined, 'subject'],
    ['GET', '/v1/schedule?subject=leo&days=0', undefined, 'days'],
    ['GET', '/v1/schedule?subject=leo&days=32', undefined, 'days'],
    ['GET', '/v1/schedule?subject=leo&days=a%20week', undefined, 'days'],
    ['GET', '/v1/schedule?subject=leo&days=1e1', undefined, 'days'],
    ['POST', '/v1/grants', { service: 'ssh', source: 'any', by: 'ada' }, 'until'],
    ['POST', '/v1/grants', { service: 'ssh', source: 'any', by: 'ada', until: '1', seconds: 1 }, 'until'],
    ['POST', '/v1/grants', { service: 'ssh', source: 'any', by: 'ada', seconds: 0 }, 'seconds'],
    ['POST', '/v1/grants', { service: 'ssh', source: 'any', by: 'ada', seconds: '60' }, 'seconds'],
    ['POST', '/v1/grants', { service: 'ssh', source: 'any', by: '', seconds: 60 }, 'by'],
    ['POST', '/v1/grants', { service: 'ssh', by: 'ada', seconds: 60 }, 'source'],
    ['POST', '/v1/grants', { service: 'ssh', source: 'any', by: 'ada', secs: 60 }, 'secs'],
    ['PATCH', '/v1/grants/k3v9x2ab', { by: 'ada' }, 'until'],
    ['PATCH', `/v1/grants/${long}`, { by: 'ada', seconds: 1 }, 'id'],
    ['DELETE', '/v1/grants?by=ada', undefined, 'service'],
    ['DELETE', '/v1/grants?source=any&by=ada', undefined, 'service'],
    ['DELETE', '/v1/grants?service=ssh', undefined, 'by'],
    ['DELETE', '/v1/grants/k3v9x2ab?service=ssh&by=ada', undefined, 'id'],
    ['GET', '/v1/allowances?whom=leo', undefined, 'whom'],
    ['POST', '/v1/bonus', { who: 'leo', seconds: 90_000, by: 'ada' }, 'seconds'],
    ['POST', '/v1/bonus', { seconds: 60, by: 'ada' }, 'who'],
    ['POST', '/v1/wake', { after: 0, patience: 0, doctor: true, by: 'ada' }, 'device'],
    ['POST', '/v1/wake', { device: 'nas', after: -1, patience: 0, doctor: true, by: 'ada' }, 'after'],
    ['POST', '/v1/wake', { device: 'nas', after: 0, patience: 5_001, doctor: true, by: 'ada' }, 'patience'],
    ['POST', '/v1/hooks/phone/test', { typ: 'x' }, 'typ'],
    ['POST', `/v1/hooks/${long}/test`, undefined, 'hook'],
    ['GET', '/v1/hooks/letters?limit=501', undefined, 'limit'],
    ['POST', '/v1/hooks/letters/x/retry', undefined, 'id'],
    ['DELETE', '/v1/hooks/letters/x', undefined, 'id'],
    ['DELETE', `/v1/hooks/letters/${letterId}?hook=phone`, undefined, 'hook'],
    ['GET', '/v1/stats/summary?persn=leo', undefined, 'persn'],
    ['GET', '/v1/stats/series?step=week', undefined, 'step'],
    ['GET', '/v1/stats/sessions?limit=0', undefined, 'limit'],
    ['GET', '/v1/events?type=session_open', undefined, 'type'],
    ['GET', '/v1/events?service=SSH', undefined, 'service'],
    ['GET', '/v1/events?limit=many', undefined, 'limit'],
    ['GET', '/v1/events/stream?type=session_open', undefined, 'type'],
    ['GET', '/v1/events/stream?servce=ssh', undefined, 'servce'],
    ['GET', '/v1/events/stream?service=a&service=b', undefined, 'service'],
    ['GET', '/v1/stats/export/sessions?format=xls', undefined, 'format'],
    ['GET', '/v1/stats/export/sessions?format=toString', undefined, 'format'],
    ['GET', '/v1/stats/export/events?person=leo', undefined, 'person'],
    ['GET', '/v1/stats/export/days?after=x', undefined, 'after'],
    // Whoever mistypes it must not wake anything.
    ['POST', '/v1/wake', { device: 'nas', after: 0, patience: 0, docotr: true, by: 'ada' }, 'doctor'],
    ['POST', '/v1/wake', { device: 'nas', after: 0, patience: 0, doctor: 'yes', by: 'ada' }, 'doctor'],
    ['POST', '/v1/wake', { device: 'nas', after: 0, patience: 0, doctor: true }, 'by'],
  ] as const)('is told which field: %s %s %j: %s', async (method, path, body, field) => {
    const reply = await send(method, path, body);
    expect(reply).toMatchObject({ code: 400, body: { error: 'bad_request', field } });
    expect(reply.body.message).toMatch(/^[A-Z].*\.$/);
    expect(asked).toEqual([]);
  });

  it.each([
    ['from=sometime', 'from'],
    ['to=25:00', 'to'],
    ['from=1d&to=2d', 'from'],
    ['from=1d&from=2d', 'from'],
    ['from=0001-01-01T00:00Z', 'from'],
  ])('is told which time is none: %s', async (query, field) => {
    for (const path of ['events', 'stats/summary', 'stats/sessions', 'stats/export/days']) {
      const reply = await get(`/v1/${path}?${query}`);
      expect(reply).toMatchObject({ code: 422, body: { error: 'wrong_time', field } });
    }
    expect(asked).toEqual([]);
  });

  it('may ask about all that ever was', async () => {
    // In Berlin that day began in 1969.
    await get('/v1/stats/summary?from=1970-01-01');
    await get('/v1/stats/summary?from=10y');
    expect(asked).toMatchObject([
      ['statsSummary', { from: '1970-01-01T00:00:00.000Z' }],
      ['statsSummary', { from: expect.stringMatching(/^20/) }],
    ]);
  });

  it('may name a type of event as often as it likes', async () => {
    const types = Array.from({ length: 40 }, () => 'type=session_started').join('&');
    await get(`/v1/events?${types}`);
    expect(asked).toMatchObject([['statsEvents', { types: ['session_started'] }]]);
  });

  it.each([
    ['/v1/hooks/%ff/test', 400],
    [`/v1/hooks/${'x'.repeat(200)}/test`, 414],
  ])('gets an answer of the usual form for an address that cannot be: %s', async (path, code) => {
    const reply = await send('POST', path);
    expect(reply).toEqual({ code, body: { error: 'bad_request', message: expect.stringMatching(/\.$/) } });
  });

  it.each([['"text"'], ['[1]'], ['null'], [''], ['{"service":']])(
    'never gets anything done by the body %s',
    async (body) => {
      for (const [method, path] of [
        ['POST', '/v1/grants'],
        ['PATCH', '/v1/grants/k3v9x2ab'],
        ['POST', '/v1/bonus'],
        ['POST', '/v1/wake'],
        ...(body === '' || body === 'null' ? [] : ([['POST', '/v1/hooks/phone/test']] as const)),
      ] as const)
        expect(await send(method, path, body)).toMatchObject({ code: 400, body: { error: 'bad_request' } });
      expect(asked).toEqual([]);
    },
  );

  it('is refused unread when it is long', async () => {
    const body = { who: 'leo', seconds: 60, by: 'ada', why: 'x'.repeat(20_000) };
    expect(await send('POST', '/v1/bonus', body)).toMatchObject({ code: 413 });
    expect(asked).toEqual([]);
  });
});

describe('a question that a daemon refuses', () => {
  it.each([
    ['unknown_service', 404],
    ['unknown_source', 404],
    ['unknown_person', 404],
    ['unknown_grant', 404],
    ['unknown_name', 404],
    ['unknown_hook', 404],
    ['unknown_letter', 404],
    ['no_allowance', 409],
    ['too_many', 409],
    ['wrong_time', 422],
    ['not_ready', 503],
  ])('as %s has status %i and the words of the daemon', async (error, code) => {
    const refusal = { error, message: 'This is why.' };
    answerOf = () => refusal;
    expect(await get('/v1/schedule?subject=leo')).toEqual({ code, body: refusal });
    const wake = { device: 'nas', after: 0, patience: 0, doctor: false, by: 'ada' };
    expect(await send('POST', '/v1/wake', wake)).toEqual({ code, body: refusal });
    for (const path of ['hooks/letters', 'events', 'stats/summary', 'stats/export/sessions'])
      expect(await get(`/v1/${path}`)).toEqual({ code, body: refusal });
  });
});

describe('silence and faults', () => {
  it('say what to do when nobody answers', async () => {
    answerOf = () => null;
    const reply = await get('/v1/why?source=203.0.113.66&service=ssh');
    expect(reply).toMatchObject({ code: 503, body: { error: 'no_answer' } });
    expect(reply.body.message).toContain('nftoggle status');
  });

  it('do not pretend to know whether a change was made', async () => {
    answerOf = () => null;
    const reply = await send('POST', '/v1/bonus', { who: 'leo', seconds: 60, by: 'ada' });
    expect(reply).toMatchObject({ code: 503, body: { error: 'no_answer' } });
    expect(reply.body.message).toContain('not known whether this was done');
  });

  it('blame the daemon that is silent', async () => {
    answerOf = () => null;
    const wake = { device: 'nas', after: 0, patience: 0, doctor: false, by: 'ada' };
    const reply = await send('POST', '/v1/wake', wake);
    expect(reply).toMatchObject({ code: 503, body: { error: 'no_answer' } });
    expect(reply.body.message).toMatch(/wol daemon.*nftoggle status/);
    expect(reply.body.message).not.toContain('policy');
  });

  it.each([
    ['stats', 'GET', '/v1/events'],
    ['stats', 'GET', '/v1/stats/summary'],
    ['stats', 'GET', '/v1/stats/series'],
    ['stats', 'GET', '/v1/stats/sessions'],
    ['stats', 'GET', '/v1/stats/denials'],
    ['stats', 'GET', '/v1/stats/export/events'],
    ['hooks', 'GET', '/v1/hooks'],
    ['hooks', 'GET', '/v1/hooks/letters'],
    ['hooks', 'POST', '/v1/hooks/phone/test'],
    ['hooks', 'DELETE', `/v1/hooks/letters/${letterId}`],
  ])('name %s when it is silent: %s %s', async (daemon, method, path) => {
    answerOf = () => null;
    const reply = await send(method, path);
    expect(reply).toMatchObject({ code: 503, body: { error: 'no_answer' } });
    expect(reply.body.message).toMatch(
      new RegExp(`^The ${daemon} daemon, which .* does not answer.*nftoggle status`),
    );
    expect(reply.body.message).not.toContain('policy');
  });

  it('never pass on an answer of the wrong shape', async () => {
    answerOf = () => ({ ...explanation, reason: 'because' });
    expect(await get('/v1/why?source=203.0.113.66&service=ssh')).toMatchObject({
      code: 500,
      body: { error: 'internal_error' },
    });
    expect(faults).toHaveLength(1);
  });
});
