// SPDX-License-Identifier: MIT

/** The first delay, and the one beyond which they grow no more, in milliseconds. */
const [shortest, longest] = [100, 10_000];

/** Does what failed again: soon at first, then at ever longer intervals. */
export class Backoff {
  #delay = shortest;
  #due: NodeJS.Timeout | undefined;

  /** How often in a row it was asked for. */
  failures = 0;

  /** One call is due at a time; a newer one takes its place. */
  again(work: () => void): void {
    clearTimeout(this.#due);
    this.failures += 1;
    this.#due = setTimeout(work, this.#delay);
    this.#delay = Math.min(2 * this.#delay, longest);
  }

  /** It went well, or matters no more. */
  reset(): void {
    clearTimeout(this.#due);
    this.failures = 0;
    this.#delay = shortest;
  }
}
