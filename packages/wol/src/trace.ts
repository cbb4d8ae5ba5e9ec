// SPDX-License-Identifier: MIT
import type { WakeStep, WakeTrace } from '@nftoggle/contracts';
import type { Clock } from './clock.ts';

/** Steps that are kept; the last ones, which say how it ended, always are. */
const mostSteps = 200;
const lastSteps: ReadonlySet<WakeStep['step']> = new Set(['ready', 'failed', 'advice']);
const mostLastSteps = 50;

/** What happened in one wake, or in one examination, for people who watch. */
export class Trace {
  readonly #clock: Clock;
  readonly #begun: number;
  readonly #steps: WakeStep[] = [];
  readonly #waiting = new Set<() => void>();
  #lastSteps = 0;
  #ended: number | null = null;
  #ok = true;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#begun = clock.now();
  }

  get length(): number {
    return this.#steps.length;
  }

  /** When it ended, by the clock; null while it goes on. */
  get ended(): number | null {
    return this.#ended;
  }

  /** Is a step wrong? */
  get faulty(): boolean {
    return this.#steps.some(({ ok }) => ok === false);
  }

  add(step: WakeStep['step'], ok: boolean | null, text: string): void {
    if (lastSteps.has(step)) this.#lastSteps += 1;
    const room = lastSteps.has(step) ? this.#lastSteps <= mostLastSteps : this.#steps.length < mostSteps;
    if (!room || this.#ended !== null) return;
    this.#steps.push({ at: Math.round((this.#clock.now() - this.#begun) * 10) / 10, step, ok, text });
    this.#tell();
  }

  end(ok: boolean): void {
    if (this.#ended !== null) return;
    this.#ended = this.#clock.now();
    this.#ok = ok;
    this.#tell();
  }

  /** The steps from `after` on, as soon as there are any, or it is over, or the patience. */
  async read(after: number, patience: number): Promise<WakeTrace> {
    if (this.#steps.length <= after && this.#ended === null) await this.#change(patience);
    const done = this.#ended !== null;
    return { steps: this.#steps.slice(after), done, ok: done && this.#ok };
  }

  #change(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        cancel();
        this.#waiting.delete(go);
        resolve();
      };
      const cancel = this.#clock.after(patience, go);
      this.#waiting.add(go);
    });
  }

  #tell(): void {
    for (const go of [...this.#waiting]) go();
  }
}
