// SPDX-License-Identifier: MIT
// Waits until devices are ready. wol wakes them; this asks it again and again, whatever becomes of it meanwhile.
import type { WakeReply, WakeRequest } from '@nftoggle/contracts';
import type { Logger } from '@nftoggle/daemon';
import { logInterval } from './log-interval.ts';
import type { WakeTarget } from './wake-target.ts';

/** `failed`: wol gave up, or the time was over. */
export type Awakening = 'ready' | 'failed';

export interface WakingOptions {
  /** Rejects when wol does not answer. */
  readonly wake: (request: WakeRequest) => Promise<WakeReply>;
  /** In milliseconds that pass at the pace of real ones. */
  readonly now: () => number;
  /** Calls `action` so many milliseconds later, unless the function that it returns was called before. */
  readonly after: (milliseconds: number, action: () => void) => () => void;
  readonly log: Pick<Logger, 'warn'>;
}

/** How long wol may take to say how it stands, in milliseconds. */
const patience = 2_000;
/** By then it has died in the middle of an answer. */
const noAnswer = patience + 500;
/** Between a question that came to nothing and the next one. */
const pause = 200;
/** So long one answer is good for all connections of a burst: shorter than any machine takes to fall asleep. */
export const readyFor = 1_000;

/** All who wait for one target. They share the questions to wol. */
interface Poll {
  readonly target: WakeTarget;
  readonly waiting: Set<(awakening: Awakening) => void>;
  isAsked: boolean;
}

export class Waking {
  readonly #options: WakingOptions;
  readonly #polls = new Map<string, Poll>();
  /** When each target was ready last. */
  readonly #ready = new Map<string, number>();
  #told = Number.NEGATIVE_INFINITY;

  constructor(options: WakingOptions) {
    this.#options = options;
  }

  /** Was it ready a moment ago? */
  isReady(target: WakeTarget): boolean {
    const since = this.#ready.get(targetKey(target));
    return since !== undefined && this.#options.now() - since < readyFor;
  }

  /** Resolves when the target is ready, when it is known that it will not be, or at the deadline. */
  wait(target: WakeTarget, deadline: number): Promise<Awakening> {
    const left = deadline - this.#options.now();
    if (this.isReady(target)) return Promise.resolve('ready');
    if (left <= 0) return Promise.resolve('failed');
    const poll = this.#pollOf(target);
    return new Promise((resolve) => {
      const settle = (awakening: Awakening): void => {
        poll.waiting.delete(settle);
        cancel();
        resolve(awakening);
      };
      const cancel = this.#options.after(left, () => settle('failed'));
      poll.waiting.add(settle);
      if (!poll.isAsked) void this.#follow(poll);
    });
  }

  #pollOf(target: WakeTarget): Poll {
    const key = targetKey(target);
    const poll = this.#polls.get(key) ?? { target, waiting: new Set(), isAsked: false };
    this.#polls.set(key, poll);
    return poll;
  }

  /** Asks about a target, one question after the other, for as long as somebody waits. */
  async #follow(poll: Poll): Promise<void> {
    poll.isAsked = true;
    while (poll.waiting.size > 0) {
      const asked = this.#options.now();
      const state = await this.#ask(poll.target);
      if (state === 'ready') this.#remember(poll.target);
      if (state === 'ready' || state === 'failed') settleAll(poll, state);
      // Who was patient has waited already.
      else if (this.#options.now() - asked < pause) await this.#pause();
    }
    this.#polls.delete(targetKey(poll.target));
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#options.after(pause, resolve));
  }

  /** Undefined when there is no answer, or none about how it stands. */
  async #ask(target: WakeTarget): Promise<'ready' | 'waking' | 'failed' | undefined> {
    const { wake, after } = this.#options;
    const silence = Promise.withResolvers<never>();
    const cancel = after(noAnswer, () => silence.reject(new Error('wol does not answer')));
    try {
      const reply = await Promise.race([wake({ ...target, patience }), silence.promise]);
      if ('state' in reply) return reply.state;
      this.#tell(target, reply.message);
    } catch (error) {
      this.#tell(target, (error as Error).message);
    } finally {
      cancel();
    }
    return undefined;
  }

  /** Once in a while, for it is asked several times a second. */
  #tell({ device }: WakeTarget, problem: string): void {
    const now = this.#options.now();
    if (now - this.#told < logInterval) return;
    this.#told = now;
    this.#options.log.warn({ device }, `what is asked for is not woken now, and asked for again: ${problem}`);
  }

  #remember(target: WakeTarget): void {
    const now = this.#options.now();
    for (const [key, since] of this.#ready) if (now - since >= readyFor) this.#ready.delete(key);
    this.#ready.set(targetKey(target), now);
  }
}

function settleAll({ waiting }: Poll, awakening: Awakening): void {
  for (const settle of [...waiting]) settle(awakening);
}

function targetKey({ device, port, address, by }: WakeTarget): string {
  return `${device} ${port?.protocol} ${port?.port} ${address} ${by}`;
}
