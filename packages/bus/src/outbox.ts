// SPDX-License-Identifier: MIT
import { announceEvent, type Outgoing, OvertakenError, storeEvent } from './event-post.ts';
import { pause, retryDelay } from './pause.ts';
import type { Online, Presence } from './presence.ts';
import type { Replies } from './replies.ts';
import { Trouble } from './trouble.ts';

/** Events that may wait for the event stream; the oldest go first when there are more. */
export const maxBacklog = 20_000;
/** Bytes of all that wait. */
export const maxBacklogBytes = 16 * 1024 * 1024;

/** Events sent at once, before the first of them is confirmed. */
const maxUnderWay = 64;
/** When the stream takes longer than this to confirm, those who listen are told of what waits, in milliseconds. */
const stallAfter = 250;
/** How long a closing outbox goes on, in milliseconds. */
const closeDeadline = 2_000;
/** How long the stream may be away before that is news, in milliseconds. */
const patience = 10_000;

interface Waiting extends Outgoing {
  readonly settle: (stored: boolean) => void;
  /** On which connection those who listen have heard of it. */
  told: Online | undefined;
}

export interface OutboxOptions {
  readonly presence: Presence;
  readonly replies: Replies;
  readonly report: (problem: string) => void;
  /** The stream does not take events. */
  readonly onStall: () => void;
}

/**
 * Events on their way to the event stream, in order. One leaves the backlog when the stream has confirmed it; what
 * is not confirmed is sent again from the first of them on. The stream knows an event by its id, so it has each once.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #trouble: Trouble;
  readonly #closing = new AbortController();
  readonly #ended = new AbortController();
  /** In order: what is under way, then what waits. */
  #underWay: readonly Waiting[] = [];
  #waiting: Waiting[] = [];
  #bytes = 0;
  #dropped = 0;
  #overflows = false;
  #stalled = false;
  #delivery: Promise<void> | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#trouble = new Trouble(patience, (problem) => options.report(`events wait: ${problem}`));
  }

  /** Events that are not confirmed. */
  get backlog(): number {
    return this.#underWay.length + this.#waiting.length;
  }

  /** Events that were lost because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Resolves with true when the stream has the event, with false when it was dropped. */
  add(event: Outgoing): Promise<boolean> {
    if (this.#closing.signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#waiting.push({ ...event, settle: resolve, told: undefined });
      this.#bytes += Buffer.byteLength(event.payload);
      this.#dropOldest();
      if (this.#stalled) this.#tellOfAll();
      this.deliver();
    });
  }

  /** To be called for each connection. */
  deliver(): void {
    const online = this.#options.presence.now;
    if (online === undefined || this.#waiting.length === 0) return;
    this.#delivery ??= this.#deliverAll(online).finally(() => {
      this.#delivery = undefined;
      if (!this.#closing.signal.aborted) this.deliver();
    });
  }

  /** Delivers what it can within about 2 s, if there is a connection; the rest is dropped. */
  async close(): Promise<void> {
    this.deliver();
    this.#closing.abort();
    await Promise.race([this.#delivery, pause(closeDeadline, this.#ended.signal)]);
    this.#ended.abort();
    for (const { settle } of [...this.#underWay, ...this.#waiting.splice(0)]) settle(false);
  }

  async #deliverAll(online: Online): Promise<void> {
    // What is published in one go is sent in one go.
    await null;
    this.#stalled = false;
    let wait: number = retryDelay.first;
    for (let window = 1; this.#waiting.length > 0 && !this.#isOver(online); ) {
      const problem = await this.#deliverSome(online, window);
      if (problem === undefined) {
        this.#flows();
        window = Math.min(2 * window, maxUnderWay);
        wait = retryDelay.first;
        continue;
      }
      window = 1;
      if (problem instanceof OvertakenError) continue;
      if (online.broken.aborted || this.#closing.signal.aborted) return;
      this.#stalls(problem.message);
      await pause(wait, online.broken, this.#closing.signal);
      wait = Math.min(2 * wait, retryDelay.most);
    }
  }

  #isOver(online: Online): boolean {
    return online.broken.aborted || this.#ended.signal.aborted;
  }

  /** Sends the first ones, and returns why not all of them were confirmed. */
  async #deliverSome(online: Online, count: number): Promise<Error | undefined> {
    const events = this.#waiting.splice(0, count);
    this.#underWay = events;
    const stall = setTimeout(() => this.#stalls(), stallAfter);
    const { stored, problem } = await this.#send(online, events);
    clearTimeout(stall);
    this.#underWay = [];
    this.#waiting.unshift(...events.slice(stored));
    for (const event of events.slice(0, stored)) this.#leave(event, true);
    this.#dropOldest();
    return problem;
  }

  /** Waits for the receipts in order: the first that is missing tells that all that follow are. */
  async #send(online: Online, events: readonly Waiting[]): Promise<{ stored: number; problem?: Error }> {
    const receipts = events.map((event, index) => {
      event.told = online;
      return storeEvent(online, this.#options.replies, event, events[index - 1]);
    });
    for (const receipt of receipts) receipt.catch(() => {});
    let stored = 0;
    try {
      for (const receipt of receipts) {
        await receipt;
        stored += 1;
      }
      return { stored };
    } catch (error) {
      return { stored, problem: error as Error };
    }
  }

  #flows(): void {
    this.#stalled = false;
    this.#trouble.isOver();
    if (this.#waiting.length === 0) this.#overflows = false;
  }

  #stalls(problem?: string): void {
    this.#stalled = true;
    this.#tellOfAll();
    if (problem === undefined) return;
    this.#trouble.goesOn(problem);
    this.#options.onStall();
  }

  /** In order of publishing; only new ones are looked at, because all before them were told of. */
  #tellOfAll(): void {
    const online = this.#options.presence.now;
    if (online === undefined) return;
    const first = this.#waiting.findLastIndex(({ told }) => told === online) + 1;
    for (const event of this.#waiting.slice(first)) {
      announceEvent(online, event);
      event.told = online;
    }
  }

  #dropOldest(): void {
    while (this.backlog > maxBacklog || this.#bytes > maxBacklogBytes) {
      const oldest = this.#waiting.shift();
      if (oldest === undefined) return;
      this.#dropped += 1;
      this.#leave(oldest, false);
      if (!this.#overflows) this.#options.report('too many events wait: the oldest are dropped');
      this.#overflows = true;
    }
  }

  #leave(event: Waiting, stored: boolean): void {
    this.#bytes -= Buffer.byteLength(event.payload);
    event.settle(stored);
  }
}
