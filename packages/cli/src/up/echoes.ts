// SPDX-License-Identifier: MIT

/** Milliseconds within which the same words of two daemons are about the same thing. */
const span = 2_000;

/** Knows what was said lately: every daemon that refuses a configuration says the same about it. */
export class Echoes {
  readonly #said = new Map<string, { readonly by: string; readonly at: number }>();

  /** Whether somebody else said this a moment ago. `now` in milliseconds. */
  has(by: string, message: string, now: number): boolean {
    for (const [text, { at }] of this.#said) if (now - at > span) this.#said.delete(text);
    const first = this.#said.get(message);
    if (first === undefined) this.#said.set(message, { by, at: now });
    return first !== undefined && first.by !== by;
  }
}
