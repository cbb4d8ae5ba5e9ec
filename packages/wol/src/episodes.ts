// SPDX-License-Identifier: MIT
import type { Id } from '@nftoggle/contracts';
import type { Clock } from './clock.ts';
import { Trace } from './trace.ts';

interface Episode {
  readonly trace: Trace;
  /** Targets under way. */
  readonly keys: Set<string>;
  ok: boolean;
}

/** For so long after a wake its trace is not replaced by that of a mere probe: somebody may be reading it. */
const readable = 10_000;
const mostTraces = 200;

/**
 * The traces of each device: from the first target that is probed to the last one that is ready or failed is one
 * episode, with one trace.
 */
export class Episodes {
  readonly #clock: Clock;
  readonly #running = new Map<Id, Episode>();
  readonly #shown = new Map<Id, Trace>();
  readonly #examinations = new Map<Id, Trace>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The trace for a target that is probed from now on. */
  begin(device: Id, key: string): Trace {
    const running = this.#running.get(device);
    if (running !== undefined) {
      running.keys.add(key);
      return running.trace;
    }
    const trace = new Trace(this.#clock);
    this.#running.set(device, { trace, keys: new Set([key]), ok: true });
    const last = this.#shown.get(device)?.ended ?? null;
    if (last === null || this.#clock.now() - last > readable) keep(this.#shown, device, trace);
    return trace;
  }

  /** The episode under way is a wake: its trace is what people want to see. */
  show(device: Id): void {
    const running = this.#running.get(device);
    if (running !== undefined) keep(this.#shown, device, running.trace);
  }

  end(device: Id, key: string, ok: boolean): void {
    const running = this.#running.get(device);
    if (running === undefined || !running.keys.delete(key)) return;
    running.ok &&= ok;
    if (running.keys.size > 0) return;
    this.#running.delete(device);
    running.trace.end(running.ok);
  }

  running(device: Id): Trace | undefined {
    return this.#running.get(device)?.trace;
  }

  last(device: Id): Trace | undefined {
    return this.#shown.get(device);
  }

  examination(device: Id): Trace | undefined {
    return this.#examinations.get(device);
  }

  beginExamination(device: Id): Trace {
    const trace = new Trace(this.#clock);
    keep(this.#examinations, device, trace);
    return trace;
  }

  close(): void {
    for (const { trace } of this.#running.values()) trace.end(false);
    for (const trace of this.#examinations.values()) trace.end(false);
    this.#running.clear();
  }
}

function keep(traces: Map<Id, Trace>, device: Id, trace: Trace): void {
  traces.delete(device);
  const [oldest] = traces.keys();
  if (traces.size >= mostTraces && oldest !== undefined) traces.delete(oldest);
  traces.set(device, trace);
}
