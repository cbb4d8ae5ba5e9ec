// SPDX-License-Identifier: MIT
import type { Decision, Flow } from '@nftoggle/contracts';

/** How long policy may take to read a configuration that is in force here, and how long between questions. */
const patience = 5_000;
const pause = 100;

export interface PolicyWordOptions {
  readonly decide: (flow: Flow) => Promise<Decision>;
  /** The revision whose word counts. */
  readonly revision: () => string;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<unknown>;
}

/**
 * What policy says to a number of questions that are asked one after the other. All of them together wait
 * for policy to answer, and to run the revision in force. After that its last word counts, whatever it is
 * made from; and once there is no word either, none is asked for again.
 */
export class PolicyWord {
  readonly #options: PolicyWordOptions;
  readonly #deadline: number;
  #isSilent = false;

  constructor(options: PolicyWordOptions) {
    this.#options = options;
    this.#deadline = options.now() + patience;
  }

  /** True when policy did not answer in all that time: nothing is known. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Undefined when policy does not answer, or does not know the service because it runs another revision. */
  async ask(flow: Flow): Promise<Decision | undefined> {
    const { decide, revision, now, wait } = this.#options;
    while (!this.#isSilent) {
      const decision = await decide(flow).catch(() => undefined);
      if (decision?.revision === revision()) return decision;
      if (now() < this.#deadline) await wait(pause);
      else if (decision === undefined) this.#isSilent = true;
      else return decision.reason === 'unknown_service' ? undefined : decision;
    }
    return undefined;
  }
}
