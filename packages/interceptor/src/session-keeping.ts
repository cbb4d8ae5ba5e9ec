// SPDX-License-Identifier: MIT
// Keeps the memory of sessions up to date, as often as it is worth it.
import type { Logger } from '@nftoggle/daemon';
import type { MemoryText, OldMemory, SessionMemory } from './session-file.ts';

export interface KeepingOptions<Content extends MemoryText> {
  readonly memory: SessionMemory;
  /** Makes `content` up to date; packets have their turn between two steps. */
  readonly prepare: () => Iterable<void>;
  /** All that is to be remembered. */
  readonly content: () => Content;
  /** This was written, or cannot be. */
  readonly onWritten: (content: Content) => void;
  readonly now: () => number;
  /** As `after` in clock. */
  readonly after: (milliseconds: number, action: () => void) => () => void;
  readonly log: Logger;
}

/** Between two writings at least, in milliseconds; and so many times as long as others have to wait for one. */
const pause = 1_000;
const share = 20;

export class SessionKeeping<Content extends MemoryText> {
  readonly #options: KeepingOptions<Content>;
  #next = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  /** It was out of date again before it was written. */
  #isBehind = false;
  #isStopped = false;
  #problem: string | null = null;

  constructor(options: KeepingOptions<Content>) {
    this.#options = options;
  }

  /** What the life before left; it costs facts when that cannot be read, and nothing else. */
  read(): OldMemory | undefined {
    const { memory, log } = this.#options;
    try {
      const found = memory.read();
      if (found !== undefined && found.damaged > 0)
        log.warn({ entries: found.damaged }, 'some of what was known of sessions is damaged and left out');
      return found;
    } catch (err) {
      log.warn({ err }, 'what was known of sessions cannot be read: use before now is not counted');
      return undefined;
    }
  }

  /** It is out of date: written at once, but for a pause since the last time. */
  soon(): void {
    if (this.#isStopped) return;
    if (this.#writing !== undefined) this.#isBehind = true;
    else this.#wait();
  }

  /** To be called now and then. `isChanged`: what sessions were used for is not what it was. */
  refresh(isChanged: boolean): void {
    if (isChanged || this.#problem !== null) this.soon();
    else this.#confirm();
  }

  /** Writes once more, and then no more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    await this.#writing;
    await this.#write();
  }

  #wait(): void {
    const { now, after } = this.#options;
    this.#cancel ??= after(Math.max(0, this.#next - now()), () => {
      this.#cancel = undefined;
      this.#begin();
    });
  }

  #begin(): void {
    this.#isBehind = false;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#isBehind) this.soon();
    });
  }

  /** Never rejects. */
  async #write(): Promise<void> {
    const { memory, onWritten, now, log } = this.#options;
    const { all, took } = await this.#collect();
    try {
      await memory.write(all);
      if (this.#problem !== null) log.info('what is known of sessions is written again');
      this.#problem = null;
    } catch (err) {
      const { message } = err as Error;
      if (message !== this.#problem)
        log.warn({ err }, 'what is known of sessions is not written: a restart will not know it');
      this.#problem = message;
    }
    this.#next = now() + Math.max(pause, share * took);
    onWritten(all);
  }

  /** `took`: in milliseconds, for which others had to wait. */
  async #collect(): Promise<{ readonly all: Content; readonly took: number }> {
    const { prepare, content, now } = this.#options;
    const steps = prepare()[Symbol.iterator]();
    let took = 0;
    for (let isDone = false; !isDone; ) {
      const begin = now();
      isDone = steps.next().done === true;
      took += now() - begin;
      if (!isDone) await new Promise(setImmediate);
    }
    const begin = now();
    const all = content();
    return { all, took: took + now() - begin };
  }

  #confirm(): void {
    try {
      this.#options.memory.confirm();
    } catch {
      this.soon();
    }
  }
}
