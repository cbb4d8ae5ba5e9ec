// SPDX-License-Identifier: MIT
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Metrics } from './metrics.ts';
import { MetricsServer } from './metrics-server.ts';

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(
  place = '127.0.0.1:0',
  metrics = new Metrics('wol'),
  problem = (): string | null => null,
) {
  const problems: string[] = [];
  const onProblem = (problem: string) => problems.push(problem);
  const server = await MetricsServer.listen({ metrics, place, problem, onProblem });
  undo.push(() => server.close());
  return { server, metrics, problems, url: `http://127.0.0.1:${server.port}` };
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  undo.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

describe('the metrics server', () => {
  it('answers GET /metrics in the text format of Prometheus, with what the process itself uses', async () => {
    const { url, metrics } = await start();
    metrics.set('nftoggle_waking', {}, 3);
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(text).toContain('nftoggle_waking 3\n');
    expect(text).toMatch(/^nftoggle_process_resident_memory_bytes \d+$/m);
    expect(text).toContain('nftoggle_nodejs_eventloop_lag_seconds');
    expect(text).not.toContain('nftoggle_nodejs_eventloop_lag_p99_seconds');
  });

  it.each([
    ['GET', '/metrics?collect[]=all', 200],
    ['HEAD', '/metrics', 200],
    ['GET', '/healthz', 200],
    ['GET', '/readyz', 200],
    ['POST', '/metrics', 405],
    ['GET', '/', 404],
    ['GET', '/metrics/', 404],
    ['GET', '//metrics', 404],
  ])('answers %s %s with %d', async (method, path, status) => {
    const { server } = await start();
    const asked = request({ host: '127.0.0.1', port: server.port, path, method, agent: false });
    asked.end();
    const [response] = await once(asked, 'response');
    response.resume();
    expect(response.statusCode).toBe(status);
  });

  it('says why a daemon that is well is not ready, for as long as it is not', async () => {
    let problem: string | null = 'the bus is not connected';
    const { url } = await start(undefined, undefined, () => problem);
    const refused = await fetch(`${url}/readyz`);
    expect([refused.status, await refused.text()]).toEqual([503, 'the bus is not connected\n']);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    problem = null;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('answers although something cannot be found out', async () => {
    const { url, metrics } = await start();
    metrics.set('nftoggle_waking', {}, 3);
    metrics.onScrape(() => {
      throw new Error('broken');
    });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('nftoggle_waking 3\n');
  });

  it('says so when the whole scrape fails, and goes on', async () => {
    const { url, metrics, problems } = await start();
    const text = metrics.text.bind(metrics);
    metrics.text = () => Promise.reject(new Error('broken'));
    expect((await fetch(`${url}/metrics`)).status).toBe(500);
    expect(problems).toEqual(['a scrape failed: broken']);
    metrics.text = text;
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
  });

  it('listens on IPv6', async () => {
    const { server } = await start('[::1]:0');
    expect((await fetch(`http://[::1]:${server.port}/healthz`)).status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${server.port}/healthz`)).rejects.toThrow();
  });

  it('listens on every address where the place is a port alone', async () => {
    const { server } = await start(':0');
    for (const host of ['127.0.0.1', '[::1]'])
      expect((await fetch(`http://${host}:${server.port}/healthz`)).status).toBe(200);
  });

  it('does not start where the port is taken, or is none', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    undo.push(() => taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    await expect(start(`127.0.0.1:${port}`)).rejects.toThrow('EADDRINUSE');
    await expect(start('127.0.0.1:99999')).rejects.toThrow('port');
  });

  it('survives requests that are none, and heads without end', async () => {
    const { server, url } = await start();
    for (const bytes of ['\0\x01\x02\r\n\r\n', `GET /metrics HTTP/1.1\r\nx: ${'y'.repeat(20_000)}`]) {
      const socket = await connected(server.port);
      socket.write(bytes);
      await once(socket.resume(), 'close');
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('the end of the metrics server', () => {
  it('does not wait for connections that are kept, or say nothing, or are being answered', async () => {
    const { server, metrics, url } = await start();
    const { promise: wait, resolve: go } = Promise.withResolvers<void>();
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    metrics.onScrape(() => {
      onAsked();
      return wait;
    });
    const agent = new Agent({ keepAlive: true });
    undo.push(() => agent.destroy());
    const kept = request({ host: '127.0.0.1', port: server.port, path: '/healthz', agent }).end();
    const [response] = await once(kept, 'response');
    await once(response.resume(), 'end');
    const silent = await connected(server.port);
    const scraping = await connected(server.port);
    scraping.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    await asked;

    let answered = '';
    scraping.on('data', (bytes) => {
      answered += bytes;
    });
    const closed = [silent.resume(), scraping].map((socket) => once(socket, 'close'));
    server.close();
    await Promise.all(closed);
    expect(answered).toBe('');
    // The answer that nobody waits for any more comes to nothing.
    go();
    await metrics.text();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});
