// SPDX-License-Identifier: MIT

/** A clock that stands until a test lets time pass, and what was put off until later. */
export class FakeTime {
  #now: number;
  readonly #due = new Set<{ readonly at: number; readonly action: () => void }>();

  constructor(start = 1_000_000) {
    this.#now = start;
  }

  readonly now = (): number => this.#now;

  readonly after = (milliseconds: number, action: () => void): (() => void) => {
    const entry = { at: this.#now + milliseconds, action };
    this.#due.add(entry);
    return () => this.#due.delete(entry);
  };

  /** How much is put off. */
  get pending(): number {
    return this.#due.size;
  }

  /** Lets everything happen that is due by then, in order, and all that follows from it. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settled();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = next.at;
      this.#due.delete(next);
      next.action();
      await settled();
    }
    this.#now = end;
  }

  #next(end: number) {
    return [...this.#due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** Everything that can happen without time has happened. */
export async function settled(): Promise<void> {
  await new Promise(setImmediate);
}
