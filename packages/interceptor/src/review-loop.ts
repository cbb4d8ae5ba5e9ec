// SPDX-License-Identifier: MIT
import { Backoff } from './backoff.ts';

/** Names of services; null for all. */
export type Scope = ReadonlySet<string> | null;

export interface ReviewLoopOptions {
  /** Looks once; false when something is left to be looked at. */
  readonly review: (services: Scope) => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

/** Long enough for policy to have read a configuration that we have read, in milliseconds. */
const reviewDelay = 500;

/** One review runs at a time; what is asked for meanwhile is done after it, once. */
export class ReviewLoop {
  readonly #options: ReviewLoopOptions;
  readonly #retry = new Backoff();
  /** What is asked for; undefined for nothing. */
  #wanted: Scope | undefined;
  #due: NodeJS.Timeout | undefined;
  #isReviewing = false;
  #isStopped = false;

  constructor(options: ReviewLoopOptions) {
    this.#options = options;
  }

  get isReviewing(): boolean {
    return this.#isReviewing;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  request(services: Scope): void {
    this.#wanted = both(this.#wanted, services);
    if (!this.#isReviewing) void this.#run();
  }

  /** All of it, a little later, once however often it is asked for. */
  soon(): void {
    if (this.#isStopped) return;
    this.#due ??= setTimeout(() => {
      this.#due = undefined;
      this.request(null);
    }, reviewDelay);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#due);
    this.#retry.reset();
  }

  async #run(): Promise<void> {
    this.#isReviewing = true;
    while (this.#wanted !== undefined && !this.#isStopped) {
      const services = this.#wanted;
      this.#wanted = undefined;
      try {
        if (!(await this.#options.review(services))) this.soon();
        this.#retry.reset();
      } catch (error) {
        this.#options.onError(error);
        this.#retry.again(() => this.request(services));
      }
    }
    this.#isReviewing = false;
  }
}

function both(a: Scope | undefined, b: Scope): Scope {
  if (a === undefined) return b;
  return a === null || b === null ? null : new Set([...a, ...b]);
}
