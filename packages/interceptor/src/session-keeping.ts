// SPDX-License-Identifier: MIT
// Keeps the memory of sessions up to date, as often as it is worth it.
import type { Logger } from '@nftoggle/daemon';
import type { Memory, OldMemory, SessionMemory } from './session-file.ts';

export interface KeepingOptions {
  readonly memory: SessionMemory;
  /** All that is to be remembered. */
  readonly content: () => Memory;
  /** It was written, or cannot be. */
  readonly onWritten: () => void;
  readonly now: () => number;
  /** As `after` in clock. */
  readonly after: (milliseconds: number, action: () => void) => () => void;
  readonly log: Logger;
}

/** Between two writings at least, in milliseconds; and so many times as long as one of them takes. */
const pause = 1_000;
const share = 20;

export class SessionKeeping {
  readonly #options: KeepingOptions;
  #next = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #problem: string | null = null;

  constructor(options: KeepingOptions) {
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
    const { now, after } = this.#options;
    this.#cancel ??= after(Math.max(0, this.#next - now()), () => this.write());
  }

  write(): void {
    const { memory, content, onWritten, now, log } = this.#options;
    this.#cancel?.();
    this.#cancel = undefined;
    const begin = now();
    try {
      const all = content();
      memory.write(all);
      if (this.#problem !== null) log.info('what is known of sessions is written again');
      this.#problem = null;
    } catch (err) {
      const { message } = err as Error;
      if (message !== this.#problem)
        log.warn({ err }, 'what is known of sessions is not written: a restart will not know it');
      this.#problem = message;
    }
    this.#next = now() + Math.max(pause, share * (now() - begin));
    onWritten();
  }

  /** To be called now and then. `isChanged`: what sessions were used for is not what it was. */
  refresh(isChanged: boolean): void {
    if (isChanged || this.#problem !== null) this.soon();
    else this.#confirm();
  }

  stop(): void {
    this.write();
    this.#cancel?.();
  }

  #confirm(): void {
    try {
      this.#options.memory.confirm();
    } catch {
      this.soon();
    }
  }
}
