// SPDX-License-Identifier: MIT
// What is said to a question: policy's decision, or the fallback of the service where none comes.
import { BadAnswerError } from '@nftoggle/bus';
import { type Config, parseAddress } from '@nftoggle/config';
import { type Decision, type Flow, type Id, nobody, type Reason, type Who } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import type { Clock } from './clock.ts';
import { type Permission, permissionOf } from './session-new.ts';
import { deviceToWake } from './wake-target.ts';

export interface Answer extends Permission {
  readonly allow: boolean;
  /** Of a refusal: see `Decision`. */
  readonly nextAllowed: string | null;
  /** The device that has to be awake first. */
  readonly wake: Id | null;
}

export interface AnswersOptions {
  readonly config: () => Config;
  /** Rejects when there is no answer, or none that can be believed. */
  readonly decide: (flow: Flow) => Promise<Decision>;
  readonly onFallback: () => void;
  /** Called once for each question, answered or not. */
  readonly onAnswered: (seconds: number) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

export type Outcome = 'allow' | 'deny' | 'fallback';

/** How long an open session lasts when the fallback of a service allows, in milliseconds. */
const fallbackSession = 60_000;

export class Answers {
  /** Questions about each service, by what came of them. */
  readonly outcomes = new Map<Id, Record<Outcome, number>>();
  readonly #options: AnswersOptions;
  /** Questions without an answer that were not told of yet; while policy is away they come by the hundred. */
  #untold = 0;
  #isSilent = false;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  async ask(flow: Flow): Promise<Answer> {
    const { onAnswered, clock } = this.#options;
    const since = clock.now();
    const answer = await this.#decide(flow);
    onAnswered((clock.now() - since) / 1_000);
    const outcomes = this.#outcomesOf(flow.service);
    if (answer instanceof Error) {
      outcomes.fallback += 1;
      return this.#fallback(flow, answer);
    }
    outcomes[answer.allow ? 'allow' : 'deny'] += 1;
    return answer;
  }

  /** Tells what was counted since the last call. */
  flush(): void {
    if (this.#untold > 0) this.#tell('policy does not answer');
    else this.#isSilent = false;
  }

  async #decide(flow: Flow): Promise<Answer | Error> {
    const { decide, config, clock } = this.#options;
    try {
      const decision = await decide(flow);
      const openFor = config().services.get(flow.service)?.openFor ?? 0;
      return {
        ...permissionOf(decision, openFor, clock),
        allow: decision.decision === 'allow',
        nextAllowed: decision.next_allowed,
        wake: decision.wake,
      };
    } catch (error) {
      return error as Error;
    }
  }

  #outcomesOf(service: Id): Record<Outcome, number> {
    const outcomes = this.outcomes.get(service) ?? { allow: 0, deny: 0, fallback: 0 };
    this.outcomes.set(service, outcomes);
    return outcomes;
  }

  #fallback(flow: Flow, error: Error): Answer {
    const { config, clock, onFallback } = this.#options;
    onFallback();
    const reason = error instanceof BadAnswerError ? 'bad_answer' : 'no_answer';
    this.#untold += 1;
    if (!this.#isSilent) this.#tell(error.message);
    this.#isSilent = true;
    const service = config().services.get(flow.service);
    const { prefix = 0 } = parseAddress(flow.source.address) ?? {};
    return {
      ...refusal(reason),
      allow: service?.fallback === 'allow',
      until: clock.now() + fallbackSession,
      atEnd: service?.atEnd ?? 'cut',
      wake: deviceToWake(flow, config()),
      prefix,
    };
  }

  #tell(problem: string): void {
    this.#options.log.warn({ questions: this.#untold }, `no decision, the fallback applies: ${problem}`);
    this.#untold = 0;
  }
}

/** `who` is refused, as far as that is known without an answer. */
export function refusal(reason: Reason, who: Who = nobody): Answer {
  return {
    allow: false,
    who,
    reason,
    rule: null,
    nextAllowed: null,
    wake: null,
    until: 0,
    bound: 'session_time',
    atEnd: 'cut',
    accounts: [],
    prefix: 0,
  };
}
