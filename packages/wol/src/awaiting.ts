// SPDX-License-Identifier: MIT
import type { Evidence } from './advice.ts';
import type { Clock } from './clock.ts';
import { Readiness, type Sign } from './readiness.ts';
import { neighbourText } from './step-text.ts';
import { goalText, type Target } from './target.ts';
import type { Trace } from './trace.ts';
import type { Probes } from './wake-await.ts';

export interface AwaitingOptions {
  readonly target: Target;
  readonly clock: Clock;
  readonly probes: Probes;
  readonly trace: Trace;
  /** Called once, never from within the constructor. */
  readonly onReady: () => void;
}

/** Watches one target until it is ready, or until it is closed. */
export class Awaiting {
  readonly target: Target;
  readonly begun: number;
  readonly #options: AwaitingOptions;
  readonly #readiness: Readiness;
  readonly #stopProbes: () => void;
  readonly #told = new Set<string>();
  #cancelTimer: () => void = () => undefined;
  #waking = false;
  #closed = false;
  #life: Evidence['life'] = 'none';
  #lastSign: Sign['kind'] | null = null;
  #neighbour: Evidence['neighbour'];
  #neighbourText = '';
  #unreachable: string | null = null;

  constructor(options: AwaitingOptions) {
    this.#options = options;
    this.target = options.target;
    this.begun = options.clock.now();
    this.#readiness = new Readiness(options.target.goal);
    this.#stopProbes = options.probes.start(options.target, (sign) => this.#hear(sign));
  }

  /** From now on an answer is that of a machine that was just woken. */
  wake(): void {
    this.#waking = true;
    this.#cancelTimer();
    // Not at once: who calls this has more to do before it may end.
    this.#cancelTimer = this.#options.clock.after(0, () => this.#expect());
  }

  /** When the machine itself last answered, by the clock. */
  get lastAnswer(): number | null {
    return this.#readiness.lastAnswer;
  }

  get seen(): Pick<Evidence, 'life' | 'refused' | 'neighbour' | 'unreachable'> {
    return {
      life: this.#life,
      refused: this.#lastSign === 'refused',
      neighbour: this.#neighbour,
      unreachable: this.#unreachable,
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer();
    this.#stopProbes();
  }

  #hear(sign: Sign): void {
    if (this.#closed) return;
    const isNew = this.#readiness.hear(sign, this.#options.clock.now());
    this.#note(sign, isNew);
    this.#expect();
  }

  #expect(): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    const at = this.#readiness.readyAt(this.#waking);
    this.#cancelTimer();
    if (at === null) return;
    if (at <= clock.now()) this.#ready();
    else this.#cancelTimer = clock.after(at - clock.now(), () => this.#ready());
  }

  #ready(): void {
    if (this.#closed) return;
    this.close();
    this.#options.onReady();
  }

  #note(sign: Sign, isNew: boolean): void {
    const { trace } = this.#options;
    const { address, goal } = this.target;
    switch (sign.kind) {
      case 'open':
        this.#answered(sign);
        break;
      case 'refused':
        this.#answered(sign);
        if (isNew) trace.add('alive', true, `${address} answers, and refuses ${goalText(goal)}`);
        break;
      case 'alive':
        this.#answered(sign);
        if (isNew) trace.add('alive', true, `${address} answers (${sign.how})`);
        break;
      case 'neighbour':
        this.#noteNeighbour(sign, isNew);
        break;
      case 'unreachable':
        this.#unreachable = sign.problem;
        this.#once('probe', false, `${address} cannot be reached: ${sign.problem}`);
        break;
      case 'unusable':
        this.#once('probe', null, `${sign.problem}; other signs of life have to do`);
        break;
    }
  }

  #answered({ kind }: Sign): void {
    this.#life = 'answers';
    this.#unreachable = null;
    // Of a UDP port only the refusals are heard: they count until the port is quiet for long enough.
    if (kind !== 'alive') this.#lastSign = kind;
  }

  #noteNeighbour({ neighbour, card }: Extract<Sign, { kind: 'neighbour' }>, isNew: boolean): void {
    this.#neighbour = neighbour;
    if (card && this.#life === 'none') this.#life = 'card';
    const { trace } = this.#options;
    const { address, host } = this.target;
    const text = neighbourText(address, neighbour, host);
    if (text !== this.#neighbourText) {
      const isOurs = host.macs.length === 0 || (neighbour?.mac != null && host.macs.includes(neighbour.mac));
      const ok = neighbour?.mac == null ? null : isOurs;
      trace.add('neighbour', ok, text);
    }
    this.#neighbourText = text;
    if (isNew) trace.add('alive', true, `the network card of ${address} answers`);
  }

  #once(step: 'probe', ok: boolean | null, text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#options.trace.add(step, ok, text);
  }
}
