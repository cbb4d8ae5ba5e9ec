// SPDX-License-Identifier: MIT

/** Something that is tried again and again. It is news when it goes on for a while, once, until it is over. */
export class Trouble {
  readonly #patience: number;
  readonly #report: (problem: string) => void;
  #since: number | undefined;
  #told = false;

  /** @param patience in milliseconds: what is over by then was none, as at a start in whatever order */
  constructor(patience: number, report: (problem: string) => void) {
    this.#patience = patience;
    this.#report = report;
  }

  goesOn(problem: string): void {
    this.#since ??= performance.now();
    if (this.#told || performance.now() - this.#since < this.#patience) return;
    this.#told = true;
    this.#report(problem);
  }

  isOver(): void {
    this.#since = undefined;
    this.#told = false;
  }
}
