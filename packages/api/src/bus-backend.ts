// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { NoAnswerError } from '@nftoggle/bus';
import type { Config } from '@nftoggle/config';
import type { ReplyOf, RequestOf, SystemStatus } from '@nftoggle/contracts';
import type { DaemonContext } from '@nftoggle/daemon';
import type { Backend, Question } from './backend.ts';
import { EventFeed } from './event-feed.ts';

/** What the api needs of the process around it. */
export type ApiContext = Pick<DaemonContext, 'bus' | 'loaded' | 'log' | 'metrics' | 'status'>;

const manifest: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

/** What the interceptor does when it does what the configuration asks for. */
const wantedGuard = { enforce: 'guarding', watch: 'watching' } as const;

/** Answers clients by asking the daemons; a daemon that is silent costs its deadline and no more. */
export class BusBackend implements Backend {
  readonly feed = new EventFeed();
  readonly #context: ApiContext;

  constructor(context: ApiContext) {
    this.#context = context;
    context.bus.followAll((event) => this.feed.publish(event));
  }

  async status(): Promise<SystemStatus> {
    const { bus, loaded, status } = this.#context;
    const [interceptor, policy, wol, hooks, stats] = await Promise.all([
      this.#orNull(bus.request('interceptorStatus', {})),
      this.#orNull(bus.request('policyStatus', {})),
      this.#orNull(bus.request('wolStatus', {})),
      this.#orNull(bus.request('hooksStatus', {})),
      this.#orNull(bus.request('statsStatus', {})),
    ]);
    const { node, mode, timezone } = loaded().config;
    const said = { interceptor, policy, wol, hooks, stats };
    const healthy = isHealthy(said, loaded().config);
    return { node, version: manifest.version, mode, timezone, healthy, api: status(), ...said };
  }

  ask<Q extends Question>(question: Q, request: RequestOf<Q>): Promise<ReplyOf<Q> | null> {
    return this.#orNull(this.#context.bus.request(question, request));
  }

  timezone(): string {
    return this.#context.loaded().config.timezone;
  }

  onAnswered(route: string, status: number): void {
    this.#context.metrics.count('nftoggle_api_requests_total', { route, status });
  }

  onFault(error: Error): void {
    this.#context.log.error({ err: error }, 'a request failed');
  }

  /** Silence is an answer that clients see. An answer of the wrong shape is a fault that somebody must see. */
  async #orNull<T>(answer: Promise<T>): Promise<T | null> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof NoAnswerError)) this.onFault(error as Error);
      return null;
    }
  }
}

type Said = Pick<SystemStatus, 'interceptor' | 'policy' | 'wol' | 'hooks' | 'stats'>;

/**
 * Whether all that was asked for is done: wol and hooks count where the configuration has something for them to do.
 * Stats does not count: what it is away for waits in the event stream, and nothing but answers about the past is late.
 */
function isHealthy({ interceptor, policy, wol, hooks }: Said, config: Config): boolean {
  const wakesNothing = [...config.devices.values()].every(({ wake }) => wake === null);
  return (
    interceptor?.guard === wantedGuard[config.mode] &&
    policy !== null &&
    (wol !== null || wakesNothing) &&
    (hooks !== null || config.hooks.size === 0)
  );
}
