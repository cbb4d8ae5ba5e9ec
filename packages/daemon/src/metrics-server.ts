// SPDX-License-Identifier: MIT
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

// An `import` reads all that the module exports, and so loads its WebSocket as well: 9 MB that each daemon would keep.
const { createServer } = process.getBuiltinModule('node:http');

/** Milliseconds, and bytes: whoever needs more than that is no Prometheus, and may not keep a connection. */
const limits = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 30_000,
  // A look at connections is a wake-up, whether there are any or not.
  connectionsCheckingInterval: 10_000,
  maxHeaderSize: 8_192,
} as const;
const paths: ReadonlySet<string> = new Set(['/metrics', '/healthz', '/readyz']);
const mostConnections = 32;
/** Milliseconds without a byte in either direction. */
const longestSilence = 40_000;

export interface MetricsServerOptions {
  readonly metrics: Metrics;
  /** `host:port`, `[address]:port` for IPv6, or `:port` for every address of the machine. */
  readonly place: string;
  /** Why the daemon cannot do its work now; null when it can. */
  readonly problem: () => string | null;
  /** Hears of what goes wrong once it listens; it goes on listening. */
  readonly onProblem: (problem: string) => void;
}

/**
 * Answers `GET /metrics`, `GET /healthz` as long as the process has time for it, and `GET /readyz`: 200 when the daemon
 * can do its work, else 503 with the reason.
 */
export class MetricsServer {
  readonly #metrics: Metrics;
  readonly #problem: () => string | null;
  readonly #onProblem: (problem: string) => void;
  readonly #server: Server;

  /** Rejects when the place cannot be listened at. */
  static async listen(options: MetricsServerOptions): Promise<MetricsServer> {
    const server = new MetricsServer(options);
    await server.#listen(placeOf(options.place));
    options.metrics.addProcess();
    return server;
  }

  private constructor({ metrics, problem, onProblem }: MetricsServerOptions) {
    this.#metrics = metrics;
    this.#problem = problem;
    this.#onProblem = onProblem;
    this.#server = createServer(limits, (request, response) => void this.#answer(request, response));
    this.#server.maxConnections = mostConnections;
    this.#server.timeout = longestSilence;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** At once: who is being answered is cut off, since a daemon that stops has no time to wait for them. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #listen({ host, port }: Place): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    // Without a listener the first connection that cannot be accepted (EMFILE) would end the process.
    this.#server.on('error', (error) => this.#onProblem(error.message));
  }

  async #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = url.split('?')[0] ?? '';
    if (!paths.has(path)) return end(response, 404, 'try /metrics\n');
    if (method !== 'GET' && method !== 'HEAD') return end(response, 405, 'ask with GET\n');
    if (path === '/healthz') return end(response, 200, 'ok\n');
    if (path === '/readyz') return this.#tellReady(response);
    await this.#tellMetrics(response);
  }

  #tellReady(response: ServerResponse): void {
    const problem = this.#problem();
    if (problem === null) end(response, 200, 'ready\n');
    else end(response, 503, `${problem}\n`);
  }

  async #tellMetrics(response: ServerResponse): Promise<void> {
    try {
      end(response, 200, await this.#metrics.text(), this.#metrics.contentType);
    } catch (error) {
      this.#onProblem(`a scrape failed: ${(error as Error).message}`);
      end(response, 500, 'the metrics could not be collected\n');
    }
  }
}

function end(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, ...(status === 405 ? { allow: 'GET, HEAD' } : {}) });
  response.end(body);
}

interface Place {
  /** Undefined: every address of the machine. */
  readonly host: string | undefined;
  readonly port: number;
}

function placeOf(text: string): Place {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(text) ?? [];
  return { host: host.replace(/^\[(.*)\]$/, '$1') || undefined, port: Number(port) };
}
