// SPDX-License-Identifier: MIT

/** More than can be in the past and the present at once. */
const mostKnown = 20_000;

/** Which events were told lately. */
export class SeenIds {
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Whether it is new. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > mostKnown && oldest !== undefined) this.#ids.delete(oldest);
    return true;
  }
}
