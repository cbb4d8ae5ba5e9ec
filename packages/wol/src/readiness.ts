// SPDX-License-Identifier: MIT
import type { Neighbour } from './neighbours.ts';
import type { Goal } from './target.ts';

/** What a probe heard of a target. */
export type Sign =
  /** The port that is asked for answers. */
  | { readonly kind: 'open' }
  /** The machine answers, and nothing listens on that port. */
  | { readonly kind: 'refused' }
  /** The machine answers something else. */
  | { readonly kind: 'alive'; readonly how: string }
  /** What the kernel knows of the address; `card`: its network card answers. */
  | { readonly kind: 'neighbour'; readonly neighbour: Neighbour | null; readonly card: boolean }
  /** This host cannot even send there. */
  | { readonly kind: 'unreachable'; readonly problem: string }
  /** One kind of probe cannot be used here. */
  | { readonly kind: 'unusable'; readonly problem: string };

/**
 * UDP says nothing of itself: a port counts as open that did not refuse for so many milliseconds after the machine
 * answered,
 */
export const udpQuiet = 2_000;
/** or for so long where the machine was up already: its refusal comes as fast as its other answers. */
export const udpQuietWhenUp = 100;
/**
 * Some network cards answer ARP while their machine sleeps, and some machines answer nothing else when they are up.
 * Where nothing better is heard, a machine counts as up for so long after its card answered.
 */
export const cardSettles = 10_000;

/** Tells from signs when a goal is reached. */
export class Readiness {
  readonly #goal: Goal;
  #open: number | null = null;
  #firstCard: number | null = null;
  #firstAnswer: number | null = null;
  #lastAnswer: number | null = null;
  #lastRefused: number | null = null;

  constructor(goal: Goal) {
    this.#goal = goal;
  }

  /** When the machine itself, not only its card, last answered, whatever it was. */
  get lastAnswer(): number | null {
    return this.#lastAnswer;
  }

  /** Returns true for the first answer of the card, and for the first one of the machine. */
  hear(sign: Sign, now: number): boolean {
    switch (sign.kind) {
      case 'unreachable':
      case 'unusable':
        return false;
      case 'neighbour': {
        const isFirst = sign.card && this.#firstCard === null;
        if (isFirst) this.#firstCard = now;
        return isFirst;
      }
      default: {
        const isFirst = this.#firstAnswer === null;
        this.#firstAnswer ??= now;
        this.#lastAnswer = now;
        if (sign.kind === 'open') this.#open ??= now;
        if (sign.kind === 'refused') this.#lastRefused = now;
        return isFirst;
      }
    }
  }

  /**
   * When it is ready if nothing else is heard until then; null when that cannot be said. A machine that answers
   * before it is woken (`waking` false) is up already, and has nothing to settle.
   */
  readyAt(waking: boolean): number | null {
    if (this.#open !== null) return this.#open;
    switch (this.#goal.kind) {
      case 'tcp':
        return null;
      case 'ping':
        return this.#firstAnswer;
      case 'life':
        return this.#firstAnswer ?? plus(this.#firstCard, cardSettles);
      case 'settle':
        if (!waking) return this.#firstAnswer;
        return plus(earliest(this.#firstCard, this.#firstAnswer), this.#goal.seconds * 1_000);
      case 'udp':
        return waking ? this.#udpReady() : this.#udpUp();
    }
  }

  #udpReady(): number | null {
    if (this.#firstAnswer === null) return plus(this.#firstCard, cardSettles);
    return Math.max(this.#firstAnswer, this.#lastRefused ?? 0) + udpQuiet;
  }

  #udpUp(): number | null {
    return this.#lastRefused === null ? plus(this.#firstAnswer, udpQuietWhenUp) : null;
  }
}

function plus(moment: number | null, ms: number): number | null {
  return moment === null ? null : moment + ms;
}

function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
