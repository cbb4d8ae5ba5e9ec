// SPDX-License-Identifier: MIT
import type { Hook } from '@nftoggle/config';
import type { CloudEvent, DeadLetter, EventData } from '@nftoggle/contracts';
import { type Attempt, type Deliver, failed } from './attempt.ts';
import type { Clock } from './clock.ts';
import { eventText } from './event-text.ts';
import type { Message } from './formats.ts';
import { aLetter, type Letters, letterKey } from './letter.ts';
import { patientSignal } from './patient-signal.ts';
import { nextStep } from './retry.ts';

/** An attempt, and how long it took. */
export type Timed = Attempt & { readonly milliseconds: number };

export interface CourierTools {
  readonly deliver: Deliver;
  readonly letters: Letters;
  /** Resolves when the event is in the stream, or lost. The same letter makes the same event. */
  readonly publishFailed: (data: EventData<'hook_failed'>, letter: DeadLetter) => Promise<unknown>;
  /** IANA name, for the times in texts. */
  readonly timezone: () => string;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Each attempt, with what it took in milliseconds. One that we broke off is none. */
  readonly onAttempt: (hook: string, attempt: Attempt, milliseconds: number) => void;
  readonly onDead: (hook: string, letter: DeadLetter) => void;
  readonly onProblem: (problem: string) => void;
}

/** How long an attempt may go on when it is time to stop, in milliseconds. */
const lastPatience = 2_000;
/** Between two tries to keep a letter, in milliseconds. */
const shelfDelay = { first: 500, longest: 30_000 } as const;

/** Brings events to hooks, and keeps as letters what it cannot bring. */
export class Courier {
  readonly #tools: CourierTools;

  constructor(tools: CourierTools) {
    this.#tools = tools;
  }

  /**
   * Resolves when the event is delivered, or is kept as a dead letter; however long that takes. Rejects only when
   * `signal` is aborted: the event is then to come again.
   */
  async carry(hook: Hook, event: CloudEvent, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#tools;
    const [startedAt, ageAtFirst] = [clock.elapsed(), this.#ageOf(event)];
    for (let attempts = 1, refusals = 0, firstRefusal = startedAt; ; attempts += 1) {
      const attempt = await this.#attempt(hook, event, signal);
      if (attempt.delivered) return;
      refusals = attempt.refused ? refusals + 1 : 0;
      if (refusals <= 1) firstRefusal = clock.elapsed();
      const refusedFor = clock.elapsed() - firstRefusal;
      // Whatever the clock on the wall does meanwhile, no event is tried for ever.
      const age = Math.max(this.#ageOf(event), clock.elapsed() - startedAt);
      const { retryAfter } = attempt;
      const retryFor = hook.retryFor * 1_000;
      const trial = { attempts, refusals, refusedFor, ageAtFirst, age, retryFor, retryAfter };
      const next = nextStep(trial, random());
      if (next.kind === 'give_up') return this.#giveUp(hook, event, attempt.detail, attempts, signal);
      await clock.sleep(next.for, signal);
    }
  }

  /** One attempt, outside of any order, whatever comes of it. */
  once(hook: Hook, message: Omit<Message, 'text'>): Promise<Timed> {
    return this.#try(hook, message, new AbortController().signal);
  }

  #ageOf({ time }: CloudEvent): number {
    return this.#tools.clock.now() - Date.parse(time);
  }

  async #attempt(hook: Hook, event: CloudEvent, signal: AbortSignal): Promise<Attempt> {
    signal.throwIfAborted();
    const patient = patientSignal(signal, lastPatience);
    try {
      const attempt = await this.#try(hook, { event, test: false }, patient.signal);
      // One that failed when it was time to stop may have failed by that: it does not count.
      if (!attempt.delivered) signal.throwIfAborted();
      this.#tools.onAttempt(hook.name, attempt, attempt.milliseconds);
      return attempt;
    } finally {
      patient.release();
    }
  }

  /** Never rejects: an event that cannot even be put into words must not hold up its track for ever. */
  async #try(hook: Hook, { event, test }: Omit<Message, 'text'>, signal: AbortSignal): Promise<Timed> {
    const { clock, deliver, timezone } = this.#tools;
    const began = clock.elapsed();
    const delivered = async (): Promise<Attempt> =>
      deliver(
        hook,
        { event, text: eventText(event, { timezone: timezone(), now: clock.now(), test }), test },
        signal,
      );
    const attempt = await delivered().catch((error: Error) => failed(error.message));
    return { ...attempt, milliseconds: clock.elapsed() - began };
  }

  async #giveUp(
    hook: Hook,
    event: CloudEvent,
    problem: string,
    attempts: number,
    signal: AbortSignal,
  ): Promise<void> {
    const letter = aLetter(hook.name, event, { at: this.#tools.clock.now(), problem, attempts });
    const kept = await this.#keep(letter, signal);
    this.#tools.onDead(hook.name, kept);
    // A hook that is told of failures and fails would be told of that, and so on.
    if (event.type === 'hook_failed') return;
    const { id, type } = event;
    const data = { hook: hook.name, letter: kept.id, event: { id, type }, problem, attempts };
    await unlessAborted(this.#tools.publishFailed(data, kept), signal);
  }

  /** Until it is kept. One that an earlier life kept already stays as it is but for its last attempts. */
  async #keep(letter: DeadLetter, signal: AbortSignal): Promise<DeadLetter> {
    const { letters, clock, onProblem } = this.#tools;
    const key = letterKey(letter.hook, letter.id);
    for (let pause: number = shelfDelay.first; ; pause = Math.min(pause * 2, shelfDelay.longest)) {
      signal.throwIfAborted();
      try {
        const before = await letters.get(key);
        const kept = before === undefined ? letter : { ...letter, at: before.at };
        await letters.put(key, kept);
        return kept;
      } catch (error) {
        onProblem(`a dead letter of ${letter.hook} is not kept yet: ${(error as Error).message}`);
        await clock.sleep(pause, signal);
      }
    }
  }
}

async function unlessAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
