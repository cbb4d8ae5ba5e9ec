// SPDX-License-Identifier: MIT
import type { ExplainReply, Explanation, SystemStatus } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { type Backend, buildServer } from './server.ts';

const status: SystemStatus = {
  node: 'box',
  version: '0.1.0',
  mode: 'enforce',
  healthy: false,
  api: {
    daemon: 'api',
    pid: 1,
    started: '2025-01-15T12:00:00.000Z',
    revision: '0123456789ab',
    problem: null,
  },
  interceptor: null,
  policy: null,
};
const explanation: Explanation = {
  decision: 'deny',
  reason: 'no_rule',
  rule: null,
  until: null,
  prefix: 32,
  revision: '0123456789ab',
  service: 'ssh',
  source: { address: '203.0.113.66' },
  text: 'deny: the only rule of ssh does not match 203.0.113.66',
  checks: [{ rule: 'services.ssh.allow[0]', condition: 'source is lan', passed: false }],
};

async function get(url: string, answer: ExplainReply | null = explanation, faults: Error[] = []) {
  const asked: unknown[] = [];
  const backend: Backend = {
    status: async () => status,
    why: async (request) => {
      asked.push(request);
      return answer;
    },
    onFault: (error) => faults.push(error),
  };
  const reply = await buildServer(backend).inject(url);
  return { code: reply.statusCode, body: reply.json<Record<string, unknown>>(), asked };
}

describe('the routes', () => {
  it('answer that the api is there', async () => {
    expect(await get('/v1/health')).toMatchObject({ code: 200, body: { ok: true } });
  });

  it('give the status of the system', async () => {
    expect(await get('/v1/status')).toMatchObject({ code: 200, body: status });
  });

  it('give the explanation of a decision, whichever it is', async () => {
    const reply = await get('/v1/why?source=203.0.113.66&service=ssh');
    expect(reply).toMatchObject({ code: 200, body: explanation });
    expect(reply.asked).toEqual([{ source: '203.0.113.66', service: 'ssh' }]);
  });

  it('take an address in every spelling that a URL allows', async () => {
    const { asked } = await get('/v1/why?source=fe80%3A%3A1%25eth0&service=ssh');
    expect(asked).toEqual([{ source: 'fe80::1%eth0', service: 'ssh' }]);
  });

  it('are not found when what is asked about is not', async () => {
    const refusal = { error: 'unknown_service', message: 'There is no service "shs".' } as const;
    expect(await get('/v1/why?source=203.0.113.66&service=shs', refusal)).toMatchObject({
      code: 404,
      body: refusal,
    });
  });

  it('say what to do when nobody answers', async () => {
    expect(await get('/v1/why?source=203.0.113.66&service=ssh', null)).toMatchObject({
      code: 503,
      body: { error: 'no_answer', message: expect.stringContaining('nftoggle status') },
    });
  });

  it.each([
    ['/v1/why', 'source'],
    ['/v1/why?source=203.0.113.66', 'service'],
    ['/v1/why?service=ssh', 'source'],
    ['/v1/why?source=&service=ssh', 'source'],
    ['/v1/why?source=a&source=b&service=ssh', 'source'],
    [`/v1/why?source=a&service=${'x'.repeat(64)}`, 'service'],
  ])('name the parameter that is wrong in %s', async (url, field) => {
    const reply = await get(url);
    expect(reply).toMatchObject({ code: 400, body: { error: 'bad_request', field }, asked: [] });
    expect(reply.body.message).toContain(`parameter ${field}`);
  });

  it.each(['/', '/v1', '/v1/whatever', '/v2/status'])('do not include %s', async (url) => {
    expect(await get(url)).toMatchObject({ code: 404, body: { error: 'unknown_route' } });
  });

  it('never pass on an answer of the wrong shape', async () => {
    const faults: Error[] = [];
    const broken = { ...explanation, reason: 'because' } as unknown as Explanation;
    expect(await get('/v1/why?source=203.0.113.66&service=ssh', broken, faults)).toMatchObject({
      code: 500,
      body: { error: 'internal_error' },
    });
    expect(faults).toHaveLength(1);
  });
});
