// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { NoAnswerError } from '@nftoggle/bus';
import type { ReplyOf, RequestOf, SystemStatus } from '@nftoggle/contracts';
import type { DaemonContext } from '@nftoggle/daemon';
import type { Backend, Question } from './backend.ts';

/** What the api needs of the process around it. */
export type ApiContext = Pick<DaemonContext, 'bus' | 'loaded' | 'log' | 'status'>;

const manifest: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

/** What the interceptor does when it does what the configuration asks for. */
const wantedGuard = { enforce: 'guarding', watch: 'watching' } as const;

/** Answers clients by asking the daemons; a daemon that is silent costs its deadline and no more. */
export class BusBackend implements Backend {
  readonly #context: ApiContext;

  constructor(context: ApiContext) {
    this.#context = context;
  }

  async status(): Promise<SystemStatus> {
    const { bus, loaded, status } = this.#context;
    const [interceptor, policy, wol] = await Promise.all([
      this.#orNull(bus.request('interceptorStatus', {})),
      this.#orNull(bus.request('policyStatus', {})),
      this.#orNull(bus.request('wolStatus', {})),
    ]);
    const { node, mode, timezone, devices } = loaded().config;
    const wakesNothing = [...devices.values()].every(({ wake }) => wake === null);
    return {
      node,
      version: manifest.version,
      mode,
      timezone,
      healthy: policy !== null && interceptor?.guard === wantedGuard[mode] && (wol !== null || wakesNothing),
      api: status(),
      interceptor,
      policy,
      wol,
    };
  }

  ask<Q extends Question>(question: Q, request: RequestOf<Q>): Promise<ReplyOf<Q> | null> {
    return this.#orNull(this.#context.bus.request(question, request));
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
