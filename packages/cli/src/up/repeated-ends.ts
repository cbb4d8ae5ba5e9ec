// SPDX-License-Identifier: MIT
import type { ChildEnd } from './supervised-child.ts';

/** Milliseconds after which even the same is worth a word again. */
const span = 60_000;

type Reason = Pick<ChildEnd, 'code' | 'signal' | 'fatal'>;

/** Knows why each child ended last, as far as that was told: a child that cannot start tries every few seconds. */
export class RepeatedEnds {
  readonly #told = new Map<string, { readonly reason: string; readonly at: number }>();

  /** Whether the same was told of this child a moment ago; if not, it counts as told now. In milliseconds. */
  has(name: string, { code, signal, fatal }: Reason, now: number): boolean {
    const reason = `${code} ${signal} ${fatal}`;
    const last = this.#told.get(name);
    if (fatal !== undefined && last?.reason === reason && now - last.at < span) return true;
    this.#told.set(name, { reason, at: now });
    return false;
  }
}
