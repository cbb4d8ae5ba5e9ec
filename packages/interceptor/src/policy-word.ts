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
 * for policy to answer, to be ready, and to run the revision in force. After that its last word counts, whatever it is
 * made from; and once there is no word either, none is asked for again.
 */
export class PolicyWord {
  readonly #options: PolicyWordOptions;
  readonly #deadline: number;
  #isSilent = false;
  #isUnready = false;

  constructor(options: PolicyWordOptions) {
    this.#options = options;
    this.#deadline = options.now() + patience;
  }

  /** True when policy did not answer in all that time: nothing is known. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** True when policy does not know yet what was used and granted: somebody has to ask again. */
  get isUnready(): boolean {
    return this.#isUnready;
  }

  /** Undefined when policy does not answer, or not yet: see `isWord`. */
  async ask(flow: Flow): Promise<Decision | undefined> {
    const { decide, revision, now, wait } = this.#options;
    while (!this.#isSilent) {
      const decision = await decide(flow).catch(() => undefined);
      if (decision?.revision === revision() && decision.reason !== 'not_ready') return decision;
      if (now() < this.#deadline) await wait(pause);
      else if (decision === undefined) this.#isSilent = true;
      else return this.#lastWord(decision);
    }
    return undefined;
  }

  #lastWord(decision: Decision): Decision | undefined {
    this.#isUnready ||= decision.reason === 'not_ready';
    return isWord(decision, this.#options.revision()) ? decision : undefined;
  }
}

/**
 * Is it about the source at all? It is not where policy does not know the service because it runs another
 * revision, nor where it does not know yet what was used and granted.
 */
export function isWord({ reason, revision }: Decision, inForce: string): boolean {
  return reason !== 'not_ready' && (reason !== 'unknown_service' || revision === inForce);
}
